"""The Django application that holds the machine."""

from django.apps import AppConfig
from django.conf import settings


class PipelinesConfig(AppConfig):
    name = "pipelines"

    def ready(self) -> None:
        """Register the system checks; in a demo, follow its clock."""
        from shopmlops import checks  # noqa: F401

        if settings.DEMO:
            from pipelines.ops import clock

            clock.follow(settings.STATE_DIR / clock.FILE, settings.CLOCK_AHEAD)
