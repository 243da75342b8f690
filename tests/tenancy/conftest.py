from tests.dashboard.conftest import plain_static_files, queued

__all__ = ["plain_static_files", "queued"]
