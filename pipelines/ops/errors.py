"""What can keep the embedded services from starting."""


class ServiceError(Exception):
    """A reason, as one sentence that a newcomer can act on."""
