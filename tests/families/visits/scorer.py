"""Answer a visitor's question from exported parameters, by the standard library alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

HESITATES_BELOW = 0.5


def score(parameters: Mapping[str, float], question: Mapping[str, Any]) -> dict[str, Any]:
    """Say how likely the visitor orders within a day, and whether a hint is shown.

    >>> score({"intercept": 0.0, "pages": 1.0, "is_returning": 0.0}, {"pages": 0, "is_returning": False})
    {'score': 0.5, 'hint': False}
    """
    total = parameters["intercept"] + parameters["pages"] * math.log1p(question["pages"])
    total += parameters["is_returning"] * bool(question["is_returning"])
    share = 1 / (1 + math.exp(-total))
    return {"score": share, "hint": share < HESITATES_BELOW}
