"""A version is a few numbers, which come back as they were."""

from __future__ import annotations

import json

import pytest

from pipelines.usecases.contract import PARAMETERS
from pipelines.usecases.offers import fitted as writing
from pipelines.usecases.offers.fitted import Context, Fitted, Weights
from tests.pipelines.usecases.offers import shop

WEIGHTS = Weights((0.1, -0.2), ((1.0,), (0.5, 0.25)))
WITH_CONTEXT = Fitted(
    shop.LAST_DAY, 3, (1.0, 19.0), (-1.5, 2.0), {"7": (0.1, 0.2)}, Context(((0.0, 1.0),), {"7": WEIGHTS}, WEIGHTS)
)


@pytest.mark.parametrize("fitted", [WITH_CONTEXT, Fitted(shop.LAST_DAY, 0, (1.0, 19.0), None, {})])
def test_it_comes_back_as_it_was(fitted: Fitted) -> None:
    assert writing.load(writing.dump(fitted)) == fitted


def test_another_format_is_not_read() -> None:
    plain = json.loads(writing.dump(WITH_CONTEXT)[PARAMETERS]) | {"format": 99}
    with pytest.raises(ValueError, match="format"):
        writing.load({PARAMETERS: json.dumps(plain).encode()})


def test_what_is_no_number_is_never_written() -> None:
    with pytest.raises(ValueError):
        writing.dump(Fitted(shop.LAST_DAY, 0, (float("nan"), 19.0), None, {}))
