"""Ask a version and wait for it no longer than its use case allows: on threads, which nobody else needs.

What its form bounds, lists and versions of few steps, is asked at once: the way to a thread and back takes longer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from pipelines.endpoints.answering.scorers import Answer, Scorer, Unfit
from pipelines.lifecycle.evidence.answers import Outcome
from pipelines.records import record

log = logging.getLogger(__name__)

THREADS = 8
MOST_PENDING = 64
MOST_OVERDUE = 2  # threads that one version may hold beyond its time

pending: set[Future[Answer]] = set()


@record(frozen=True, slots=True)
class Result:
    """How a question ended, and the answer where a version gave one."""

    outcome: Outcome
    reason: str = ""
    answer: Answer | None = None
    milliseconds: float = 0.0


async def ask(scorer: Scorer | Unfit | None, question: Mapping[str, Any], seconds: float) -> Result:
    """Ask a version; whatever becomes of it, there is a result in time."""
    if scorer is None:
        return Result(Outcome.FALLBACK, "not loaded yet")
    if isinstance(scorer, Unfit):
        return Result(Outcome.ERROR if scorer.is_to_blame else Outcome.FALLBACK, scorer.reason)
    if scorer.is_held or scorer.is_brief(question):
        return answer_at_once(scorer, question)
    if len(scorer.overdue) >= MOST_OVERDUE:
        return Result(Outcome.LATE, "still busy with questions before")
    if len(pending) >= MOST_PENDING:
        return Result(Outcome.FALLBACK, "too much at once")
    asked = threads().submit(scorer.answer, question)
    pending.add(asked)
    asked.add_done_callback(pending.discard)
    return await wait_for(scorer, asked, seconds)


def answer_at_once(scorer: Scorer, question: Mapping[str, Any]) -> Result:
    """Answer sooner than a thread begins."""
    began = time.perf_counter()
    try:
        answer = scorer.answer(question)
    except Exception as error:
        log.warning("a version failed to answer: %s", type(error).__name__)
        return Result(Outcome.ERROR, type(error).__name__[:40])
    return Result(Outcome.ANSWERED, answer=answer, milliseconds=1000 * (time.perf_counter() - began))


async def wait_for(scorer: Scorer, asked: Future[Answer], seconds: float) -> Result:
    """Wait for a version's answer, and turn what else happens into a reason."""
    began, answering = time.perf_counter(), asyncio.wrap_future(asked)
    await asyncio.wait([answering], timeout=seconds)
    milliseconds = 1000 * (time.perf_counter() - began)
    if not answering.done():
        never_began = asked.cancel()
        answering.cancel()
        if never_began:
            return Result(Outcome.FALLBACK, "too much at once", milliseconds=milliseconds)
        scorer.overdue.add(asked)
        asked.add_done_callback(scorer.overdue.discard)
        return Result(Outcome.LATE, "over its time", milliseconds=milliseconds)
    error = answering.exception()
    if error is not None:
        log.warning("a version failed to answer: %s", type(error).__name__)
        return Result(Outcome.ERROR, type(error).__name__[:40], milliseconds=milliseconds)
    return Result(Outcome.ANSWERED, answer=answering.result(), milliseconds=milliseconds)


@lru_cache(maxsize=1)
def threads() -> ThreadPoolExecutor:
    """Return the process's threads for scoring."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="scoring")
