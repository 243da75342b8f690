"""The ledger: append-only by proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from pipelines.lifecycle.releases import approval
from pipelines.models import LedgerNote, LifecycleEvent
from pipelines.models.ledger import MOST_REFUSALS
from tests import histories

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    shop = histories.a_shop()
    for number in range(4):
        LifecycleEvent.record(shop, "test.happened", by="system", because=f"Reason {number}", note=f"Note {number}")
    return shop


def test_an_untouched_chain_holds(shop):
    assert LifecycleEvent.broken_at(shop) is None


@pytest.mark.parametrize(
    "change", [{"because": "Another"}, {"by": "1"}, {"details": {}}, {"seq": 9}, {"previous": "0" * 64}]
)
def test_a_changed_row_breaks_the_chain_where_it_stands(shop, change):
    LifecycleEvent.objects.for_shop(shop).filter(seq=2).update(**change)
    assert LifecycleEvent.broken_at(shop) == 2


def test_a_missing_row_breaks_the_chain(shop):
    LifecycleEvent.objects.for_shop(shop).filter(seq=3).delete()
    assert LifecycleEvent.broken_at(shop) == 3


def test_a_row_that_was_changed_with_its_own_digest_breaks_the_next_link(shop):
    event = LifecycleEvent.objects.for_shop(shop).get(seq=2)
    event.because = "Another"
    event.digest = event.compute_digest()
    event.save()
    assert LifecycleEvent.broken_at(shop) == 3


def test_a_note_may_be_erased_but_not_rewritten(shop):
    LedgerNote.objects.filter(text="Note 1").delete()
    assert LifecycleEvent.broken_at(shop) is None
    LedgerNote.objects.filter(text="Note 2").update(text="Other")
    assert LifecycleEvent.broken_at(shop) == 3


def test_each_shop_has_a_chain_of_its_own(shop):
    other = histories.a_shop()
    LifecycleEvent.record(other, "test.happened", by="system", because="Elsewhere")
    assert LifecycleEvent.objects.for_shop(other).get().seq == 1


def test_the_audit_names_every_breach(shop, settings):
    version = histories.a_version(shop)
    call_command("audit", stdout=StringIO())
    LifecycleEvent.objects.for_shop(shop).filter(seq=2).update(because="Another")
    (settings.STATE_DIR / "artifacts" / version.artifact_path / "recipe.json").write_bytes(b"{ }")
    told = StringIO()
    with pytest.raises(CommandError, match="2 breaches in 1 shops"):
        call_command("audit", shop=shop.domain, stderr=told)
    assert "does not hold at entry 2" in told.getvalue() and "recipe.json" in told.getvalue()


def test_one_person_does_not_fill_the_ledger_with_what_was_refused(shop):
    for number in range(3 * MOST_REFUSALS):
        approval.refuse_unknown(shop, sub="7", asked_for=number)
    refused = LifecycleEvent.objects.for_shop(shop).filter(kind="approval.refused")
    assert refused.count() == MOST_REFUSALS
    approval.refuse_unknown(shop, sub="8", asked_for=1)  # somebody else is heard
    approval.refuse_unknown(shop, sub="7", asked_for=1)  # and so is the first one, after that
    assert list(refused.order_by("seq").values_list("by", flat=True)[MOST_REFUSALS:]) == ["8", "7"]
    assert LifecycleEvent.broken_at(shop) is None


def test_an_hour_later_a_refusal_is_written_again(shop):
    with time_machine.travel(datetime(2026, 3, 4, 12, tzinfo=UTC), tick=False) as clock:
        for number in range(MOST_REFUSALS + 1):
            approval.refuse_unknown(shop, sub="7", asked_for=number)
        clock.shift(timedelta(hours=1, seconds=1))
        approval.refuse_unknown(shop, sub="7", asked_for=1)
    assert LifecycleEvent.objects.for_shop(shop).filter(kind="approval.refused").count() == MOST_REFUSALS + 1
