"""What a version says as it will run, and how far the answers of two differ: whether anybody would notice.

A use case that answers on request is asked what its visitors asked of late, by the scorer and parameters that will run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipelines.lifecycle.errors import Unjudged
from pipelines.usecases.contract import PARAMETERS, Frames, UseCase

NOTICED = 0.01  # relative: less is lost in rounding to whole units and days
MOST_ASKED = 1000  # questions of late that a version is tried on

Answers = Mapping[str, pd.DataFrame]


def given(use_case: UseCase, files: Mapping[str, bytes], frames: Frames) -> Answers:
    """Let a version's files answer as they will when they run; raises Unjudged where nobody could be shown that."""
    if use_case.serves == "request":
        return {"asked": to_questions(use_case, files, frames)}
    said: Answers = use_case.resolve("answer")(use_case.resolve("load")(files), frames)
    if why := use_case.unjudged(said):
        raise Unjudged(why)
    return said


def to_questions(use_case: UseCase, files: Mapping[str, bytes], frames: Frames) -> pd.DataFrame:
    """Score what was asked of late, one row a question."""
    if PARAMETERS not in files:
        raise Unjudged(f"A version of {use_case.title} brings no {PARAMETERS}, so it could answer nobody.")
    parameters, score = json.loads(files[PARAMETERS]), use_case.resolve("score")
    asked = use_case.resolve("questions")(frames)[-MOST_ASKED:]
    said = [score(parameters, question) for question in asked]
    try:
        json.dumps(said, allow_nan=False)
    except (TypeError, ValueError):
        raise Unjudged(f"What a version of {use_case.title} answers cannot be shown to anybody.") from None
    return pd.DataFrame(said)


def differences(ours: Answers, theirs: Answers) -> dict[str, int]:
    """Count the rows of all answers, and those in which anything differs by more than a hundredth.

    Answers of other shapes differ in every row.
    """
    rows = sum(map(len, ours.values()))
    if ours.keys() != theirs.keys() or any(not alike(ours[name], theirs[name]) for name in ours):
        return {"rows": rows, "changed": max(rows, 1)}
    return {"rows": rows, "changed": sum(int(changed(ours[name], theirs[name]).sum()) for name in ours)}


def alike(ours: pd.DataFrame, theirs: pd.DataFrame) -> bool:
    """Tell whether two frames have the same rows and columns."""
    return ours.shape == theirs.shape and list(ours.columns) == list(theirs.columns)


def changed(ours: pd.DataFrame, theirs: pd.DataFrame) -> np.ndarray:
    """Mark the rows in which any value differs."""
    differs = np.zeros(len(ours), dtype=bool)
    for name in ours:
        differs |= column_changed(ours[name], theirs[name])
    return differs


def column_changed(ours: pd.Series, theirs: pd.Series) -> np.ndarray:
    """Mark where two columns differ: of numbers, of lists of numbers, or of anything else."""
    if is_number(ours.to_numpy()) and is_number(theirs.to_numpy()):
        return ~np.isclose(ours, theirs, rtol=NOTICED, atol=0, equal_nan=True)
    pairs = zip(ours, theirs, strict=True)
    return np.fromiter((not same(mine, other) for mine, other in pairs), dtype=bool, count=len(ours))


def same(mine: Any, other: Any) -> bool:
    """Tell whether two values, or two lists of numbers, are the same to the eye."""
    a, b = np.asarray(mine), np.asarray(other)
    if a.shape != b.shape:
        return False
    if is_number(a) and is_number(b):
        return bool(np.allclose(a, b, rtol=NOTICED, atol=0, equal_nan=True))
    return bool(np.all((a == b) | (pd.isna(a) & pd.isna(b))))


def is_number(values: np.ndarray) -> bool:
    """Tell whether an array holds numbers."""
    return values.dtype.kind in "fiu"
