class WrongFile(Exception):
    """An orders file that cannot be used, with every reason."""


def fill_from_file(book):
    raise NotImplementedError
