"""What the machine does is no evidence about a version: nothing is written, nobody is barred, it is tried again."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from pipelines.jobs import releases, training
from pipelines.lifecycle import due, look
from pipelines.lifecycle.errors import ArtifactUnavailable, OutOfTime, Unjudged
from pipelines.lifecycle.releases import propose, rollback
from pipelines.lifecycle.serving import kept, refresh
from pipelines.models import (
    Alert,
    Deployment,
    LifecycleEvent,
    ModelVersion,
    NextTry,
    Release,
    ServingWindow,
    TrainingRun,
)
from pipelines.models.usecases.demand_forecast import Forecast, StockAdvice
from pipelines.usecases.demand_forecast import USE_CASE
from tests import histories

pytestmark = pytest.mark.django_db
DEMAND = "demand_forecast"


def out_of_memory_inside():
    try:
        raise MemoryError
    except MemoryError as error:
        raise ValueError("a library's own words") from error


def raising(error):
    def fail():
        raise error

    return fail


FAULTS = {
    "no memory": raising(MemoryError()),
    "no memory, in a library's words": out_of_memory_inside,
    "no disk": raising(OSError(28, "No space left on device")),
    "no thread": raising(RuntimeError("can't start new thread")),
    "no library": raising(ImportError("libgomp.so.1")),
    "no database": raising(OperationalError("the connection was lost")),
}
faults = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


@pytest.fixture
def answers(monkeypatch):
    """Have the n-th answer of a refresh meet what a test says; the others are honest."""
    honest = USE_CASE.resolve("answer")

    def meet(number, fault):
        asked = []

        def answer(fitted, frames):
            asked.append(fitted)
            return fault() if len(asked) == number else honest(fitted, frames)

        monkeypatch.setattr("pipelines.usecases.demand_forecast.serving.answer", answer)

    return meet


@pytest.fixture
def folder(settings):
    return settings.STATE_DIR / "artifacts"


def speak(shop):
    return refresh.refresh(shop, DEMAND)


def stands(version):
    version.refresh_from_db()
    return version.may_be_released


def windows(version):
    return ServingWindow.objects.filter(version=version)


class TestACandidate:
    @faults
    def test_that_a_fault_kept_from_answering_has_no_window_and_is_heard_later(
        self, shop, version, candidate, answers, fault
    ):
        answers(2, fault)
        assert speak(shop) == 6, "what runs is served all the same"
        assert stands(candidate) and not windows(candidate).exists()
        later = timezone.now() + timedelta(minutes=5)
        assert list(due.unheard(later)) == [(shop.pk, DEMAND)]
        answers(0, fault)
        releases.alongside(shop.pk, DEMAND)
        assert windows(candidate).get().units == 3 and list(due.unheard(later)) == []

    @faults
    def test_whose_rows_a_fault_kept_from_being_stored_is_not_to_blame(
        self, shop, version, candidate, monkeypatch, fault
    ):
        copied, copy_rows = [], kept.copy_rows

        def copy(*args):
            copied.append(args)
            return fault() if len(copied) > 2 else copy_rows(*args)

        monkeypatch.setattr(kept, "copy_rows", copy)
        assert speak(shop) == 6
        assert stands(candidate) and not windows(candidate).exists()

    def test_whose_files_are_away_waits(self, shop, version, candidate, folder):
        shutil.move(folder / candidate.artifact_path, folder / "away")
        speak(shop)
        assert stands(candidate) and not windows(candidate).exists()
        assert Release.objects.get(version=candidate).phase == Release.Phase.SHADOW
        shutil.move(folder / "away", folder / candidate.artifact_path)
        releases.alongside(shop.pk, DEMAND)
        assert windows(candidate).get().units == 3


class TestACandidateThatIsReady:
    @pytest.fixture
    def waiting(self, shop, version, files):
        """Return a release that has answered alongside, and would be put before the merchant at the next look."""
        other = files | {"parameters.json": files["parameters.json"] + b"\n"}  # the very same would ask nobody
        opened = propose.propose(histories.a_version(shop, files=other))
        assert opened.phase == Release.Phase.SHADOW and refresh.mirror(shop, DEMAND) == 3
        return opened

    def look(self, waiting, times=1):
        for _ in range(times):
            look.evaluate(waiting.pk, timezone.now())
        waiting.refresh_from_db()
        return waiting

    def test_is_held_while_its_files_are_away_and_goes_on_by_itself(self, waiting, folder):
        path = folder / waiting.version.artifact_path
        shutil.move(path, folder / "away")
        held = self.look(waiting, times=4)
        assert held.phase == Release.Phase.SHADOW and "missing where we look for it" in held.held
        told = LifecycleEvent.objects.for_shop(held.shop).values_list("kind", flat=True)
        assert list(told).count("release.held") == 1 and Alert.objects.get(closed_at=None).seen > 1
        shutil.move(folder / "away", path)
        assert self.look(waiting, times=2).is_waiting_for_merchant and stands(waiting.version)

    def test_never_comes_before_the_merchant_with_other_files_than_were_signed(self, waiting, folder):
        (folder / waiting.version.artifact_path / "parameters.json").write_bytes(b"{}")
        assert self.look(waiting).phase == Release.Phase.REJECTED and not stands(waiting.version)


class TestWhatRuns:
    @faults
    def test_keeps_its_last_answer_and_its_place(self, shop, version, answers, fault):
        speak(shop)
        before = set(StockAdvice.objects.values_list("pk", flat=True))
        Deployment.objects.update(served_revision=0)
        answers(1, fault)
        with pytest.raises((MemoryError, ValueError, OSError, RuntimeError, ImportError, OperationalError)):
            releases.refresh(shop.pk, DEMAND)
        assert set(StockAdvice.objects.values_list("pk", flat=True)) == before
        assert Deployment.of(shop, DEMAND).active == version and stands(version)
        assert not windows(version).exclude(broken="").exists() and due.is_behind(shop.pk, DEMAND)

    def test_whose_files_are_away_is_not_rolled_back_and_goes_on_by_itself(self, shop, version, folder):
        speak(shop)
        Deployment.objects.update(served_revision=0)
        shutil.move(folder, folder.with_name("unplugged"))
        with pytest.raises(ArtifactUnavailable):
            training.catch_up(shop.pk, DEMAND)
        assert Deployment.of(shop, DEMAND).active == version and stands(version)
        assert Alert.objects.get(closed_at=None).severity == "critical"
        shutil.move(folder.with_name("unplugged"), folder)
        training.catch_up(shop.pk, DEMAND)
        assert not due.is_behind(shop.pk, DEMAND) and not Alert.objects.filter(closed_at=None).exists()

    def test_whose_files_are_away_does_not_let_a_new_one_be_learned_beside_nothing(self, shop, version, folder):
        shutil.move(folder / version.artifact_path, folder / "away")
        training.train_version(shop.pk, DEMAND, "operator")
        run = TrainingRun.objects.get()
        assert (run.state, run.error_code) == ("failed", "ArtifactUnavailable")
        assert stands(version) and ModelVersion.objects.count() == 1
        shutil.move(folder / "away", folder / version.artifact_path)

    def test_a_library_that_swallows_every_exception_does_not_swallow_the_end_of_time(self, shop, version, answers):
        def swallowing():
            try:
                raise OutOfTime
            except Exception as error:
                raise ValueError from error

        answers(1, swallowing)
        with pytest.raises(OutOfTime):
            speak(shop)
        assert stands(version) and not windows(version).exists()

    def test_that_is_late_for_long_is_told_and_that_it_came(self, shop, version, answers):
        answers(1, FAULTS["no memory"])
        NextTry.objects.create(work="refresh", subject=f"{shop.pk}:{DEMAND}", tries=5, at=timezone.now())
        with pytest.raises(MemoryError):
            training.catch_up(shop.pk, DEMAND)
        assert "update has failed so far" in Alert.objects.get(closed_at=None).title
        training.catch_up(shop.pk, DEMAND)
        assert not Alert.objects.filter(closed_at=None).exists()

    def test_says_nothing_that_nobody_can_judge(self, shop, version, answers):
        answers(1, lambda: {"gossip": None})
        with pytest.raises(Unjudged, match="gossip"):
            speak(shop)
        assert stands(version) and not Forecast.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestWhileRowsAreCopied:
    @pytest.fixture
    def copying(self, shop, version, monkeypatch):
        """Refresh in a thread that stops when rows lie there and are not committed; return how to let it go on."""
        begun, go_on, written = threading.Event(), threading.Event(), []
        copy_rows = kept.copy_rows

        def copy(*args):
            count = copy_rows(*args)
            begun.set()
            assert go_on.wait(60)
            return count

        def work():
            try:
                written.append(refresh.refresh(shop, DEMAND))
            finally:
                begun.set()
                connection.close()

        monkeypatch.setattr(kept, "copy_rows", copy)
        thread = threading.Thread(target=work)
        thread.start()
        assert begun.wait(60)

        def end():
            go_on.set()
            thread.join(60)
            return written

        yield end
        end()

    @pytest.fixture
    def waits_for_nothing(self, transactional_db):
        """Fail, instead of waiting, where somebody else holds a lock."""
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        yield
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")

    def test_nobody_waits_to_go_back_and_the_rows_are_thrown_away(self, shop, version, copying, waits_for_nothing):
        pointer = Deployment.of(shop, DEMAND)
        rollback.roll_back(pointer, by="1001", because="Too high", revision=pointer.revision)
        assert not Forecast.objects.exists(), "no half-written answer is seen"
        assert copying() == [0]
        assert not (Forecast.objects.exists() or StockAdvice.objects.exists() or ServingWindow.objects.exists())

    def test_nobody_waits_to_approve(self, shop, version, copying, waits_for_nothing):
        newer = histories.approved(histories.a_card(shop))
        assert Deployment.of(shop, DEMAND).active == newer.version
        assert copying() == [0]

    def test_a_second_writer_waits_for_the_first_and_one_answer_stands(self, shop, version, copying):
        seconds = []

        def work():
            try:
                seconds.append(refresh.refresh(shop, DEMAND))
            finally:
                connection.close()

        second = threading.Thread(target=work)
        second.start()
        assert copying() == [6]
        second.join(60)
        assert seconds == [6] and Forecast.objects.count() == 3 and StockAdvice.objects.count() == 3
