"""How the web process is started."""

from __future__ import annotations

import gc
import sys

from shopmlops import server


def test_the_collector_walks_once_a_page_and_not_dozens_of_times():
    before = gc.get_threshold()
    try:
        server.spare_the_collector()
        assert gc.get_threshold()[0] == server.MADE and gc.get_freeze_count()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_a_thread_works_for_a_moment_only_while_another_waits():
    before = sys.getswitchinterval()
    try:
        server.take_short_turns()
        assert sys.getswitchinterval() <= before / 10
    finally:
        sys.setswitchinterval(before)
