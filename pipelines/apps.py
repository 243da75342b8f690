"""The Django application that holds the machine."""

from django.apps import AppConfig
from django.conf import settings


class PipelinesConfig(AppConfig):
    name = "pipelines"

    def ready(self) -> None:
        """Register the system checks; in a demo whose clock was turned, follow it."""
        from shopmlops import checks  # noqa: F401

        if settings.DEMO and settings.CLOCK_AHEAD:
            from pipelines.ops import clock

            clock.turn(settings.CLOCK_AHEAD)
