"""Whether an answer may be shown: the use case brings a judge for all that it says, and each of them is heard."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipelines.lifecycle.errors import Unjudged
from pipelines.usecases.contract import Frames, Soundness, UseCase


def soundness(case: UseCase, tables: Mapping[str, pd.DataFrame], frames: Frames) -> Soundness:
    """Judge every table of an answer: the first names the units, and whatever is wrong with any is wrong with all.

    Raises Unjudged where a table came that the use case names no judge for.
    """
    if why := case.unjudged(tables):
        raise Unjudged(why)
    judged = [
        case.function(output.judge)(tables[output.name], frames) if output.name in tables else missing(output.name)
        for output in case.outputs
    ]
    if not judged:
        return Soundness()
    errors = max(each.errors for each in judged)
    broken = next((each.broken for each in judged if each.broken), "")
    return Soundness(judged[0].expected, judged[0].units, errors, broken)


def missing(output: str) -> Soundness:
    """Say that an output was not given at all."""
    return Soundness(errors=1, broken=f"It gave no {output.replace('_', ' ')}")
