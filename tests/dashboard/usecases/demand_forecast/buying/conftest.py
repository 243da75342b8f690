"""What every test of buying stands on."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone


@pytest.fixture(autouse=True)
def a_day_that_does_not_end(time_machine: Any) -> None:
    """Let no midnight pass between what a test says and what a page knows."""
    time_machine.move_to(timezone.now(), tick=False)
