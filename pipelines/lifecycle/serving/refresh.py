"""Let every version that must speak answer from the same frames: every night, and right after a pointer moved.

What an artifact covers does not change, so this makes no new version. What runs now speaks first, and all of its rows
appear at once; an answer that cannot be true is thrown away. Versions that only run alongside come after it and can
hurt nobody: what they do wrong is written into their window. What the machine did (no time, no memory, no disk, no
database) is no answer of anybody: nothing is written, and it is tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from pipelines import strategies
from pipelines.lifecycle import spending
from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.errors import OWN_FAULTS, ArtifactRefused, StageError, is_own_fault
from pipelines.lifecycle.serving.kept import Saying, Speaker
from pipelines.lifecycle.serving.sound import soundness
from pipelines.lifecycle.versions import registry
from pipelines.models import Deployment, Publication, Release, ServingWindow, Shop
from pipelines.stats import clock
from pipelines.strategies import Step
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames, Held, NotEnoughHistory, Soundness

log = logging.getLogger(__name__)

STANDBY_SPEAKS_FOR = timedelta(weeks=26)
STABLE, CANARY, UNSEEN = "stable", "canary", ""
NOT_STORABLE = (DataError, IntegrityError)  # what is wrong with rows; other errors of the database are its own


@dataclass(frozen=True)
class Answer:
    """What a speaker said, and whether it may be shown."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    sound: Soundness = field(default_factory=Soundness)

    @classmethod
    def missing(cls, frames: Frames, use_case: str, why: str) -> Answer:
        """Say that there is no answer: all that the simple rule has one for is missing."""
        try:
            units = simple_rules(frames, use_case).sound.units
        except (NotEnoughHistory, *OWN_FAULTS):
            units = 0
        return cls({}, Soundness(expected=units, errors=units, broken=why[:200]))


def refresh(shop: Shop, use_case: str, *, now: datetime | None = None) -> int:
    """Write what runs now says from the freshest data, then what must speak beside it; return the number of rows.

    Raises ArtifactRefused where the files of what runs are not what was signed.
    """
    with spending.noted(shop, use_case, spending.What.REFRESH):
        return refreshed(shop, use_case, now or timezone.now())


def refreshed(shop: Shop, use_case: str, now: datetime) -> int:
    """Write what every version that must speak says."""
    deployment = Deployment.of(shop, use_case)
    frames = dataset.read(dataset.Source(shop, now), use_case)
    live = Speaker(deployment.active, STABLE)
    if "series" in frames.tables and frames["series"].empty:
        return write(deployment, live, frames.asof, Answer(), now)  # a shop without a product has nothing to be told
    try:
        said = answer(live, frames, use_case)
    except NotEnoughHistory:
        if live.version is not None:
            raise
        said = Answer()  # the shop is young: nothing can be said yet, and tomorrow it is asked again
    rows = write(deployment, live, frames.asof, said, now)
    return rows + sum(speak_alongside(deployment, speaker, frames, now) for speaker in companions(deployment, now))


def mirror(shop: Shop, use_case: str, *, now: datetime | None = None) -> int:
    """Write only what the version of the open release says: its first window comes now, not next night."""
    now = now or timezone.now()
    deployment = Deployment.of(shop, use_case)
    candidate = next(candidates(deployment), None)
    if candidate is None:
        return 0
    with spending.noted(shop, use_case, spending.What.REFRESH):
        frames = dataset.read(dataset.Source(shop, now), use_case)
        return speak_alongside(deployment, candidate, frames, now)


# Who must speak


def companions(deployment: Deployment, now: datetime) -> Iterator[Speaker]:
    """Yield who speaks beside what runs now: the candidate, the version that we could go back to, the simple rule."""
    heard = {deployment.active_id}
    for speaker in (*candidates(deployment), *standbys(deployment, now), *rules(deployment)):
        if speaker.version_id not in heard:
            heard.add(speaker.version_id)
            yield speaker


def candidates(deployment: Deployment) -> Iterator[Speaker]:
    """Yield the version of the open release while its step lets it answer."""
    release = Release.under_way(deployment.shop_id, deployment.use_case)
    if release is None:
        return
    split = strategies.strategy(release.strategy).split(Step.from_dict(release.steps[release.step]))
    is_shown = release.phase == Release.Phase.CANARY and deployment.canary_id == release.version_id
    if split.mirror or is_shown:
        yield Speaker(release.version, CANARY, release.seed, release.weight if is_shown else 0)
    elif release.is_waiting_for_merchant:  # pages show beside what runs what it would say; nobody judges it by that
        yield Speaker(release.version, UNSEEN, weight=0)


def rules(deployment: Deployment) -> Iterator[Speaker]:
    """Yield the simple rule, where its answer must lie ready for a version that fails a visitor."""
    if any(isinstance(output.kept, Held) for output in USE_CASES[deployment.use_case].outputs):
        yield Speaker(None, UNSEEN, weight=0)


def standbys(deployment: Deployment, now: datetime) -> Iterator[Speaker]:
    """Yield the version that ran before: without its answers nobody could tell whether the new one is worse."""
    since = deployment.active_since
    is_young = since is not None and now - since < STANDBY_SPEAKS_FOR
    if is_young and deployment.standby and deployment.standby.may_be_released:
        yield Speaker(deployment.standby, UNSEEN, weight=0)


# What they say


def simple_rules(frames: Frames, use_case: str) -> Answer:
    """Let the simple rule answer; it is taken at its word."""
    case = USE_CASES[use_case]
    tables = case.resolve("answer")(None, frames)
    units = soundness(case, tables, frames).units
    return Answer(tables, Soundness(expected=units, units=units))


def answer(speaker: Speaker, frames: Frames, use_case: str) -> Answer:
    """Let a version answer, and judge what it says.

    Files that are refused or away, too little history and what the machine did are no fault of the answer: they travel
    up.
    """
    case, version = USE_CASES[use_case], speaker.version
    if version is None:
        return simple_rules(frames, use_case)
    files = registry.load_files(version)
    try:
        tables = case.resolve("answer")(case.resolve("load")(files), frames)
        return Answer(tables, soundness(case, tables, frames))
    except OWN_FAULTS as error:
        if not is_own_fault(error):
            raise
        log.exception("%s gave no answer", version)
        return Answer.missing(frames, use_case, f"It gave no answer ({type(error).__name__})")


def speak_alongside(deployment: Deployment, speaker: Speaker, frames: Frames, now: datetime) -> int:
    """Write what a version says that does not run alone, and how that went; it holds up nobody else."""
    try:
        return keep(deployment, speaker, frames, heard(speaker, frames, deployment.use_case), now)
    except (StageError, NotEnoughHistory) as absence:
        log.info("%s could not be asked: %s", speaker.version, absence.sentence)
    except Exception:  # the machine's doing: no answer is no evidence, and the clock finds that it is missing
        log.exception("%s could not be asked", speaker.version)
    return 0


def heard(speaker: Speaker, frames: Frames, use_case: str) -> Answer:
    """Let a version answer that does not run alone; one whose files are not what was signed has no answer."""
    try:
        return answer(speaker, frames, use_case)
    except ArtifactRefused as refusal:
        return Answer.missing(frames, use_case, refusal.sentence)


def keep(deployment: Deployment, speaker: Speaker, frames: Frames, said: Answer, now: datetime) -> int:
    """Write an answer down, or that its rows are none that can be stored."""
    try:
        return write(deployment, speaker, frames.asof, said, now)
    except (*OWN_FAULTS, *NOT_STORABLE) as error:
        if not (isinstance(error, NOT_STORABLE) or is_own_fault(error)):
            raise
        log.exception("What %s said could not be stored", speaker.version)
        why = f"Its answer could not be stored ({type(error).__name__})"
        said = Answer.missing(frames, deployment.use_case, why)
        return write(deployment, speaker, frames.asof, said, now)


# What is written


def write(deployment: Deployment, speaker: Speaker, origin: date, said: Answer, now: datetime) -> int:
    """Write an answer that may be shown, and how it went, in one transaction, unless the pointer moved meanwhile.

    The rows come first, for nobody sees them yet; the pointer is locked when they lie there, only to see that it still
    stands and to note that it was served. So whoever approves or goes back waits for no copying.
    """
    shown = {} if said.sound.broken else said.tables
    with transaction.atomic():
        wait_for_other_writers(deployment)
        saying = Saying(deployment, speaker, origin, now)
        written = sum(saying.write(name, rows) for name, rows in shown.items())
        current = Deployment.objects.select_for_update(no_key=True).filter(pk=deployment.pk)
        if not current.filter(revision=deployment.revision).exists():
            transaction.set_rollback(True)
            return 0
        if speaker.arm:
            note_window(deployment, speaker, said.sound, now)
        current.update(held_at=timezone.now())
        Publication.ask(deployment.shop_id, deployment.use_case)
        if speaker.arm == STABLE:
            current.update(served_revision=deployment.revision, served_origin=origin)
    return written


def wait_for_other_writers(deployment: Deployment) -> None:
    """Let one writer of a deployment's answers work at a time, under a key that no move of the pointer takes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('answers', %s))", [deployment.pk])


def note_window(deployment: Deployment, speaker: Speaker, sound: Soundness, now: datetime) -> None:
    """Note how an arm answered on the shop's day; the day's newest answer counts.

    Where visitors ask, windows count them, hour by hour: only an answer that cannot be shown is noted among them.
    """
    is_asked, zone = USE_CASES[deployment.use_case].is_asked, deployment.shop.zone
    span = clock.hour_of(now, zone) if is_asked else clock.day_of(now, zone)
    counts: dict[str, Any] = {"broken": sound.broken}
    if not is_asked:
        counts |= {"expected": sound.expected, "units": sound.units, "errors": sound.errors}
        counts |= {"heartbeats": F("heartbeats") + 1}
    window, _ = ServingWindow.objects.get_or_create(
        shop_id=deployment.shop_id,
        use_case=deployment.use_case,
        arm=speaker.arm,
        version=speaker.version,
        starts_at=span.starts_at,
        defaults={"ends_at": span.ends_at},
    )
    ServingWindow.objects.filter(pk=window.pk).update(**counts)
