"""Alerts in time: those that nobody answers rise, and what is to be told is sent, each channel by itself."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(is_found_again=True)
def keep() -> None:
    """Let alerts rise, settle what waits for channels that are gone, and see whether all that watches does."""
    from django.utils import timezone

    from pipelines.lifecycle.alerts import board, pulses, send

    now = timezone.now()
    board.escalate(now)
    send.drop_removed(now)
    pulses.beat("alerts", now)
    pulses.tell_operators(now)


@job(is_found_again=True)
def send_due() -> None:
    """Have every channel that has something to say worked off."""
    from django.utils import timezone

    from pipelines.lifecycle.alerts import send

    for channel_id in send.channels_due(timezone.now()):
        send_on.enqueue(channel_id)


@job(timeout=600, is_found_again=True)
def send_on(channel_id: int) -> None:
    """Send what is due on one channel."""
    from pipelines.lifecycle.alerts import send

    send.send_due(channel_id)
