"""When the tests live: on a Wednesday with no freeze for months, or where TESTS_AT says."""

import math
import os
import time

from pipelines.ops import clock

AT = clock.moment(os.environ.get("TESTS_AT", "2026-12-09T12:00"))
AHEAD = math.ceil(AT.timestamp() - time.time())
# The first lines of a process that a test starts: it lives on the same day.
SET_UP = f"import django; django.setup(); from pipelines.ops import clock; clock.turn({AHEAD})\n"


def turn() -> None:
    """Turn the clock of this process, and of the development stores that it starts; the database's stays."""
    os.environ["DEVSTORE_CLOCK_AHEAD"] = str(AHEAD)
    clock.turn(AHEAD)
