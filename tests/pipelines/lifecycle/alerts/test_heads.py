"""Signed heads: whoever can write to the database still cannot shorten or rewrite a ledger unseen."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from pipelines.jobs import schedule
from pipelines.lifecycle.alerts import heads
from pipelines.models import Alert, LedgerHead, LedgerNote, LifecycleEvent
from tests import histories

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def happen(shop, count=1):
    for number in range(count):
        LifecycleEvent.record(shop, "test.happened", by="system", because=f"Reason {number}", note=f"Note {number}")


@pytest.fixture
def shop():
    shop = histories.a_shop()
    happen(shop, 4)
    heads.sign_heads(NOW - timedelta(days=1))
    happen(shop, 3)
    heads.sign_heads(NOW)
    return shop


def audit(**options):
    told = StringIO()
    try:
        call_command("audit", stdout=told, stderr=told, skip_checks=True, **options)
    except CommandError as error:
        told.write(str(error))
    return told.getvalue()


def rewrite(shop, first):
    """Write the chain anew from an entry on, as somebody would who knows how digests are made."""
    events = list(LifecycleEvent.objects.for_shop(shop).order_by("seq"))
    for before, event in zip(events[first - 2 :], events[first - 1 :], strict=False):
        event.because, event.previous = "Another reason", before.digest
        event.digest = event.compute_digest()
        event.save()


class TestSigning:
    def test_binds_the_newest_entry_of_the_day(self, shop):
        assert list(LedgerHead.objects.for_shop(shop).order_by("day").values_list("seq", flat=True)) == [4, 7]
        assert heads.breaches(shop) == [] and "every ledger" in audit()

    def test_happens_once_a_day_also_with_two_clocks(self, shop):
        happen(shop)
        assert heads.sign_heads(NOW) == 0
        assert not heads.sign(shop, NOW)

    def test_goes_on_when_nothing_happened(self, shop):
        assert heads.sign_heads(NOW + timedelta(days=1)) == 1
        assert heads.last_head(shop).seq == 7

    def test_is_the_trainers_work_since_it_has_the_key(self, settings):
        entry = next(entry for entry in schedule.scheduler().get_jobs() if entry.name == "ledger: sign heads")
        assert entry.func.queue == "training"

    def test_of_a_shop_without_entries_is_nothing(self):
        histories.a_shop()
        assert heads.sign_heads(NOW) == 0

    def test_that_could_not_write_its_file_leaves_a_row_that_holds(self, shop, monkeypatch, caplog):
        def full(head):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(heads, "keep_file", full)
        assert heads.sign_heads(NOW + timedelta(days=1)) == 0 and "No space" in caplog.text
        assert LedgerHead.objects.for_shop(shop).count() == 3 and heads.breaches(shop) == []


class TestWhatShows:
    def test_a_chain_cut_short(self, shop):
        LifecycleEvent.objects.for_shop(shop).filter(seq__gt=5).delete()
        assert "cut short; entry 7" in audit()

    def test_a_chain_cut_short_together_with_its_head(self, shop):
        LifecycleEvent.objects.for_shop(shop).filter(seq__gt=4).delete()
        LedgerHead.objects.for_shop(shop).filter(seq=7).delete()
        told = audit()
        assert "cut short; entry 7" in told and f"signed head of {NOW.date()} is gone" in told

    def test_a_chain_written_anew(self, shop):
        rewrite(shop, 3)
        assert LifecycleEvent.broken_at(shop) is None
        told = audit()
        assert "entry 4 is not the one that was signed" in told and "entry 7 is not the one" in told

    def test_a_head_that_somebody_else_signed(self, shop):
        forged = base64.b64encode(os.urandom(64)).decode()
        LedgerHead.objects.for_shop(shop).filter(seq=7).update(signature=forged)
        assert "bears no signature of ours" in audit()

    def test_a_head_of_another_day_or_shop(self, shop):
        LedgerHead.objects.for_shop(shop).filter(seq=7).update(day=NOW.date() + timedelta(days=1))
        assert "bears no signature of ours" in audit()
        other = histories.a_shop()
        happen(other, 7)
        LedgerHead.objects.filter(seq=4).update(shop=other)
        assert f"{other}: the head of" in audit(shop=other.domain)

    def test_heads_that_are_overdue(self, shop):
        assert heads.overdue(shop, NOW) == ""
        assert "Is a trainer running?" in heads.overdue(shop, NOW + timedelta(days=3))
        young = histories.a_shop()
        happen(young)
        assert heads.overdue(young, NOW) == ""

    def test_heads_and_files_taken_away_altogether(self, shop, settings):
        LedgerHead.objects.for_shop(shop).delete()
        for file in (settings.STATE_DIR / "artifacts" / str(shop.pk) / "ledger").iterdir():
            file.unlink()
        assert "there is none" in heads.overdue(shop, NOW + timedelta(days=3))

    def test_a_file_that_cannot_be_read(self, shop, settings):
        (settings.STATE_DIR / "artifacts" / str(shop.pk) / "ledger" / f"{NOW.date()}.json").write_text("{")
        assert "bears no signature of ours" in audit()

    def test_an_erased_note_does_not(self, shop):
        LedgerNote.objects.for_shop(shop).delete()
        assert "every ledger" in audit()
        assert heads.sign_heads(NOW + timedelta(days=1)) == 1

    def test_nothing_is_signed_over_a_breach_and_people_are_told(self, shop):
        LifecycleEvent.objects.for_shop(shop).filter(seq__gt=5).delete()
        assert heads.sign_heads(NOW + timedelta(days=1)) == 0
        assert Alert.objects.get(shop=shop).severity == "critical"
        assert heads.sign_heads(NOW + timedelta(days=2)) == 0 and Alert.objects.count() == 1


class TestTheExport:
    def test_carries_every_entry_so_that_a_stranger_can_check_the_chain(self, shop, tmp_path):
        audit(shop=shop.domain, export=str(tmp_path / "ledger.jsonl"))
        lines = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text().splitlines()]
        entries, signed = lines[:7], [line["head"] for line in lines[7:]]
        names = ["previous", "shop", "seq", "at", "kind", "use_case", "version", "release", "by", "because", "details"]
        previous = "0" * 64
        for entry in entries:
            body = json.dumps([entry[name] for name in names], sort_keys=True, separators=(",", ":"))
            assert entry["previous"] == previous and hashlib.sha256(body.encode()).hexdigest() == entry["digest"]
            previous = entry["digest"]
        assert [head["seq"] for head in signed] == [4, 7] and signed[-1]["digest"] == previous

    def test_never_overwrites_and_is_of_one_shop(self, shop, tmp_path):
        (tmp_path / "kept").write_text("mine")
        assert "cannot be written" in audit(shop=shop.domain, export=str(tmp_path / "kept"))
        assert (tmp_path / "kept").read_text() == "mine"
        assert "name it with --shop" in audit(export=str(tmp_path / "other"))
