"""What no door asks we ask ourselves, of what runs and of who answers unseen: each moment of a session and checkout.

It is asked about once by each version, soon after it came, by what was known then and under its own time; also where
an order came of it meanwhile, or those who buy at once would never be asked about.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from django.db import connection, transaction

from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.errors import ArtifactRefused, ArtifactUnavailable
from pipelines.lifecycle.evidence import exposures
from pipelines.lifecycle.evidence.exposures import CANARY, STABLE, Pointer
from pipelines.lifecycle.versions import artifacts, corrections
from pipelines.models import ModelVersion, PredictionLog, Shop
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import PARAMETERS, Frames

log = logging.getLogger(__name__)
LOOKS_BACK = timedelta(minutes=15)  # what a pass missed, the next two ask
LONGEST = timedelta(hours=12)  # of a session
Outcome = PredictionLog.Outcome
Key = tuple[int | None, bytes, datetime]


@dataclass(frozen=True)
class Asked:
    """One version that is asked, and whether anybody sees its answers."""

    version: int
    is_shown: bool
    release: int | None = None

    @property
    def arm(self) -> str:
        return STABLE if self.is_shown else CANARY


def due() -> Iterator[tuple[int, str]]:
    """Yield each shop and use case of which we ask ourselves, where a version may answer."""
    ours = [slug for slug, case in USE_CASES.items() if case.asks]
    for _, pointer in exposures.pointers(ours) if ours else ():
        if list(versions(pointer)):
            yield pointer.shop, pointer.use_case


def versions(pointer: Pointer) -> Iterator[Asked]:
    """Yield who is asked: what runs; unseen also what ran before, to know whether to go back, and the candidate."""
    if pointer.active is not None:
        yield Asked(pointer.active, is_shown=True)
    if pointer.standby is not None:
        yield Asked(pointer.standby, is_shown=False)
    if pointer.mirrored is not None:
        yield Asked(pointer.mirrored, is_shown=False, release=pointer.release)


def ask(shop: Shop, use_case: str, now: datetime) -> int:
    """Ask about what was done of late, and keep what is said; return how many answers are new. One pass at a time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))", [f"ask {use_case}", shop.pk])
        return ask_alone(shop, use_case, now) if cursor.fetchone()[0] else 0


def ask_alone(shop: Shop, use_case: str, now: datetime) -> int:
    """Ask, where nobody else does."""
    pointer = next((each for _, each in exposures.pointers([use_case], [shop.pk])), None)
    speakers = list(versions(pointer)) if pointer else []
    if not speakers:
        return 0
    since = now - LOOKS_BACK
    rows = dataset.LATELY[USE_CASES[use_case].asks](shop, since - LONGEST, now)
    rows = rows[rows["moment"] >= since.timestamp()]
    questions = asked_about(shop, use_case, rows, now)
    known = said_before(shop, use_case, since)
    found = [row for each in speakers for row in answers(shop, use_case, each, rows, questions, known)]
    return len(PredictionLog.objects.bulk_create(found, batch_size=1000))


def asked_about(shop: Shop, use_case: str, rows: pd.DataFrame, now: datetime) -> list[dict[str, Any]]:
    """Put a question for each row, by the use case's own words."""
    case, today = USE_CASES[use_case], now.astimezone(shop.zone).date()
    asked: list[dict[str, Any]] = case.resolve("questions")(Frames({case.asks: rows}, today, shop.country))
    return asked


def said_before(shop: Shop, use_case: str, since: datetime) -> set[Key]:
    """Name the moments that a version was asked about already."""
    rows = PredictionLog.objects.for_shop(shop).filter(use_case=use_case, at__gte=since)
    return {(version, bytes(unit), at) for version, unit, at in rows.values_list("version_id", "unit", "at")}


def answers(
    shop: Shop,
    use_case: str,
    asked: Asked,
    rows: pd.DataFrame,
    questions: list[dict[str, Any]],
    known: set[Key],
) -> Iterator[PredictionLog]:
    """Yield what a version says of each moment that it was not asked about."""
    each = [
        (bytes.fromhex(unit), datetime.fromtimestamp(moment, UTC), question)
        for unit, moment, question in zip(rows["unit"], rows["moment"], questions, strict=True)
    ]
    new = [one for one in each if (asked.version, one[0], one[1]) not in known]
    if not new:
        return
    answer = answering(shop, use_case, asked.version)
    for unit, at, question in new:
        yield PredictionLog(
            shop=shop,
            use_case=use_case,
            version_id=asked.version,
            release_id=asked.release,
            arm=asked.arm,
            unit=unit,
            at=at,
            is_shown=asked.is_shown,
            features=question,
            **answer(question),
        )


def answering(shop: Shop, use_case: str, version_id: int) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return what asks a version; where its files cannot be read, each question is told to have found nobody."""
    version = ModelVersion.objects.for_shop(shop).get(pk=version_id, use_case=use_case)
    try:
        parameters = json.loads(artifacts.load_file(version, PARAMETERS) or b"null")
    except ArtifactUnavailable:
        return lambda _: {"outcome": Outcome.FALLBACK, "reason": "unavailable"}
    except ArtifactRefused:
        return lambda _: {"outcome": Outcome.ERROR, "reason": "refused"}
    if USE_CASES[use_case].corrected:
        parameters = corrections.moved(use_case, parameters, corrections.newest(version_id))
    score = USE_CASES[use_case].resolve("score")
    return lambda question: timed(score, parameters, question)


def timed(score: Callable[..., Any], parameters: Any, question: Mapping[str, Any]) -> dict[str, Any]:
    """Ask once; whatever goes wrong is the version's error."""
    began = time.perf_counter()
    try:
        figure = float(score(parameters, question)["score"])
    except Exception as error:
        log.warning("a version failed to answer: %s", type(error).__name__)
        return {"outcome": Outcome.ERROR, "reason": type(error).__name__[:40]}
    if not math.isfinite(figure):
        return {"outcome": Outcome.ERROR, "reason": "no figure"}
    return {"outcome": Outcome.ANSWERED, "score": figure, "milliseconds": 1000 * (time.perf_counter() - began)}
