"""Codes of reasons: pages, ledger and alerts know them, so each is one word that fits, and each can be given."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.models import LifecycleEvent
from pipelines.strategies import reasons
from pipelines.strategies.reasons import Reason

TEXTS = [path.read_text() for path in Path(reasons.__file__).parents[1].rglob("*.py")]
OURS = [text for text in TEXTS if "strategies.reasons import Reason" in text]  # others give reasons of their own


def test_each_reason_is_given_somewhere() -> None:
    given = set(re.findall(r"Reason\.([A-Z_]+)", "".join(OURS)))
    assert {reason.name for reason in Reason} == given


def test_no_two_reasons_share_a_code() -> None:
    assigned = re.findall(r'^    [A-Z_]+ = "(.*)"$', Path(reasons.__file__).read_text(), re.MULTILINE)
    assert len(assigned) == len(set(assigned)) == len(Reason)


def test_each_code_fits_where_it_is_kept() -> None:
    room = LifecycleEvent._meta.get_field("kind").max_length
    assert all(re.fullmatch("[a-z_]+", reason) and len(reason) <= room for reason in Reason)
