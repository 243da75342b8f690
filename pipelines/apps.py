"""The Django application that holds the machine."""

from django.apps import AppConfig


class PipelinesConfig(AppConfig):
    name = "pipelines"

    def ready(self) -> None:
        """Register the system checks."""
        from shopmlops import checks  # noqa: F401
