"""When the tests live: on a Wednesday on which nothing is special, or where TESTS_AT says."""

import os

from pipelines.ops import clock

AT = clock.moment(os.environ.get("TESTS_AT", "2026-11-25T12:00"))
