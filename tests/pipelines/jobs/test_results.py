"""The report after the first month comes by itself, once, however often the clock asks."""

from __future__ import annotations

import subprocess
import sys

import pytest
import time_machine
from django.conf import settings

from pipelines.jobs import results
from pipelines.models import MonthReport, NextTry
from tests import reporting
from tests.reporting import AFTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    shop = reporting.a_shop()
    reporting.a_good_month(reporting.live(shop))
    return shop


def reports():
    return {row.month.month: row.is_final for row in MonthReport.objects.all()}


def test_every_month_of_a_shop_is_worked_out_and_the_past_ones_are_final(shop):
    with time_machine.travel(AFTER, tick=False):
        results.carry_on()
        results.carry_on()
    assert reports() == {9: True, 10: True, 11: False}


def test_looking_for_what_is_due_loads_nothing_that_works_out_or_prints():
    """The clock looks every ten minutes, each time in a process of its own: it took 2.4 s of a core."""
    code = "import django; django.setup(); import sys\n"
    code += "from pipelines.lifecycle.results import hand_out, keep; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=settings.BASE_DIR)
    assert {"pandas", "scipy", "fpdf", "matplotlib"}.isdisjoint(done.stdout.split())


def test_a_shop_that_fails_keeps_no_other_waiting(shop, monkeypatch):
    from pipelines.lifecycle.results import keep

    other = reporting.a_shop()
    make = keep.make

    def breaks(asked, month, now):
        if asked.pk == shop.pk:
            raise RuntimeError("broken rows")
        return make(asked, month, now)

    monkeypatch.setattr(keep, "make", breaks)
    asked: list[int] = []
    monkeypatch.setattr(results.work_out.__class__, "enqueue", lambda self, pk, month: asked.append(pk))
    with time_machine.travel(AFTER, tick=False):
        results.carry_on()
    assert asked.count(shop.pk) == asked.count(other.pk) == 3
    assert NextTry.objects.filter(work="results").count() == 6
