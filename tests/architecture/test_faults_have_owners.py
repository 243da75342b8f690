"""Whoever catches everything either passes it on, or stands here with a reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = {"Exception", "BaseException"}
REASONS = {
    "pipelines/endpoints/health.py ask": "who asks whether the process is well is told that nobody knows",
    "pipelines/endpoints/answering/memory.py keep": "the thread that follows what runs must not end; it looks again",
    "pipelines/endpoints/answering/scorers.py steps_of": "of a version that does not say it, a thread bounds the time",
    "pipelines/endpoints/answering/scoring.py answer_at_once": "counted against who failed; the simple rule answers",
    "pipelines/endpoints/live/hub.py look_on": "the thread that looks for all streams must not end; it looks again",
    "pipelines/endpoints/outbox.py append": "rows that nobody waits for are tried again; deliveries come first",
    "pipelines/endpoints/outbox.py store_and_tell": "the thread that stores must not end; who waits comes back",
    "pipelines/jobs/ingest.py read_again": "one shop's surprise is no other shop's",
    "pipelines/lifecycle/evidence/asked/asking.py timed": "counted against the version that was asked",
    "pipelines/lifecycle/ingest/drain.py drain_one": "counted against one delivery, but for what the database did",
    "pipelines/lifecycle/ingest/drain.py drain_together": "the batch is taken one by one instead",
    "pipelines/lifecycle/alerts/heads.py signs": "what is wrong with one shop's ledger is no other shop's",
    "pipelines/lifecycle/alerts/send.py tried": "counted against one message, which is tried again",
    "pipelines/lifecycle/ingest/privacy.py finish_erasing": "what cannot be erased now is found again in an hour",
    "pipelines/lifecycle/safe_files.py is_pickle": "whatever the bytes are, they are no pickle",
    "pipelines/lifecycle/serving/refresh.py speak_alongside": "no answer is written, so that nobody is blamed for it",
    "pipelines/lifecycle/versions/place.py trouble": "a place that is away stops no start",
}


def handlers() -> Iterator[tuple[str, ast.ExceptHandler]]:
    """Yield where in the app everything is caught."""
    files = [*ROOT.glob("pipelines/**/*.py"), *ROOT.glob("dashboard/**/*.py")]
    for path in sorted(files):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.ExceptHandler) and catches_everything(node):
                    yield f"{path.relative_to(ROOT)} {function.name}", node


def catches_everything(handler: ast.ExceptHandler) -> bool:
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(name is None or (isinstance(name, ast.Name) and name.id in EVERYTHING) for name in names)


def test_everything_is_caught_only_to_be_passed_on_or_for_a_reason() -> None:
    swallowed = {where for where, handler in handlers() if not isinstance(handler.body[-1], ast.Raise)}
    assert swallowed == REASONS.keys()
