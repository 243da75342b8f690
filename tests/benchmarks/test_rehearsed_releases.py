"""The benchmark of releases, small: its figures have the form of the others, and it would see what is broken."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import transaction

from benchmarks import releases
from benchmarks.rig import fire, killing, rehearsal
from pipelines.models import Deployment, Release

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def split():
    with rehearsal.use_case():
        yield


@pytest.fixture
def a_move() -> killing.Move:
    return next(killing.moves(rehearsal.a_shop("rehearsed")))


def test_assignment_is_measured_beside_a_checksum() -> None:
    many, one = releases.assigned(2_000)
    assert (many.unit, one.unit) == ("units/s", "µs") and many.reference and one.reference
    assert many.target == ">= 1e+06" and one.target == "<= 10"


def test_the_pass_looks_at_every_release_and_finds_those_that_harm(monkeypatch) -> None:
    monkeypatch.setattr(releases, "LOOKS", 1)
    told: list[str] = []
    releases.seed_releases(20, 30, 0, told.append)
    checks = {check.name: check for check in releases.evaluation(told.append)}
    assert checks["evaluated"].value == 20 and "14,400 blocks" in told[0]
    assert "2 abort (harm)" in told[1] and "18 advance" in told[1]
    assert checks["evaluation_pass"].reference and checks["evaluation_memory"].target == "<= 500"


def test_another_process_answers_with_the_new_version() -> None:
    (flip,) = releases.flip(2, lambda _: None)
    assert flip.value > 0 and flip.target == "<= 2"  # how long it took is the benchmark's business


class TestKilling:
    def test_p23_every_move_of_a_release_is_killed_and_leaves_nothing_half_done(self) -> None:
        tallies = [killing.killed(move, every=8) for move in killing.moves(rehearsal.a_shop("killed"))]
        assert [tally.violations for tally in tallies] == [[]] * 6
        assert sum(tally.kills for tally in tallies) >= 20

    def test_a_move_that_is_not_one_transaction_is_found(self, a_move) -> None:
        def halfway() -> None:
            Deployment.objects.filter(shop=a_move.release.shop).update(active=a_move.release.version)
            rows = Release.objects.filter(pk=a_move.release.pk)
            rows.update(weight=100, phase=Release.Phase.LIVE)

        torn = killing.Move("torn", a_move.release, halfway, a_move.after)
        assert any("called live" in violation for violation in killing.killed(torn).violations)

    def test_a_process_dies_before_its_commit_too(self, a_move) -> None:
        def one_update() -> None:
            with transaction.atomic():
                Release.objects.filter(pk=a_move.release.pk).update(weight=7)

        seen = []
        weights = Release.objects.filter(pk=a_move.release.pk).values_list("weight", flat=True)
        assert fire.survives(one_update, lambda: seen.append(weights.get())) == 2
        assert seen == [0, 0] and weights.get() == 7

    def test_work_that_fails_by_itself_is_no_survival(self) -> None:
        with pytest.raises(RuntimeError, match="ended with 1"):
            fire.survives(lambda: np.array([1])["no such thing"], lambda: None)
