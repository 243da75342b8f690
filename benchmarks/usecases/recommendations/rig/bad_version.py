"""A version whose lists name what hardly anybody buys: what runs now, with what sells weighed against a product."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.rig import spoiling

if TYPE_CHECKING:
    from pipelines.usecases.recommendations.model import Fitted

SLUG = "recommendations"


def spoilt(fitted: Fitted, times: float) -> Fitted:
    """Let what sells anyway count so many times, and against a product."""
    from pipelines.usecases.recommendations.learning.blend import Blend

    against = Blend(fit=0.0, best_sellers=-times, trend=0.0)
    return replace(fitted, recipe=replace(fitted.recipe, cart=against, page=against))


if __name__ == "__main__":
    sys.exit(spoiling.main(SLUG, spoilt, __doc__))
