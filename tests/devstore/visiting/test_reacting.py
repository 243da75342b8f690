"""What an offer does to shoppers: some are won, some take what they would not have needed, some go away."""

from __future__ import annotations

import numpy as np
import pytest

from devstore.scenarios import GOOD, HARMFUL, OFFERS, PUSHY, Appeal
from devstore.visiting.reacting import Reaction, fit_of, reaction
from devstore.visiting.tastes import Tastes

CODE = {"kind": "code", "code": GOOD.code}


def seen(shown: dict[str, object], would: bool, percent: int = 5, fit: float = 1.0) -> list[Reaction]:
    return [reaction(shown, percent, OFFERS.appeals, fit, would, np.random.default_rng(each)) for each in range(2_000)]


def share(reactions: list[Reaction], name: str) -> float:
    return sum(getattr(each, name) for each in reactions) / len(reactions)


@pytest.mark.parametrize(
    ("shown", "appeal"),
    [
        (CODE, GOOD),
        ({"kind": "code", "code": HARMFUL.code}, HARMFUL),
        ({"kind": "message", "message": PUSHY.message}, PUSHY),
    ],
)
def test_shares_are_the_scenarios(shown: dict[str, object], appeal: Appeal) -> None:
    leavers, buyers = seen(shown, would=False), seen(shown, would=True)
    assert share(leavers, "buys") == pytest.approx(appeal.wins, abs=0.04)
    assert all(each.accepts == each.buys for each in leavers)
    assert 1 - share(buyers, "buys") == pytest.approx(appeal.drives_away, abs=0.03)
    taken = [min(1.0, appeal.accepts * mood) for mood in np.random.default_rng(1).lognormal(-0.125, 0.5, 9_000)]
    assert share(buyers, "accepts") == pytest.approx(float(np.mean(taken)) * share(buyers, "buys"), abs=0.04)


def test_the_chance_is_known_before_luck() -> None:
    leavers = seen(CODE, would=False)
    assert share(leavers, "chance") == pytest.approx(share(leavers, "buys"), abs=0.03)
    assert len({each.chance for each in leavers}) > 1_900  # each in a mood of their own


def test_an_unknown_offer_pulls_as_it_fits_and_by_what_it_takes_off() -> None:
    product = {"kind": "product", "product": 2, "variant": 20}
    assert share(seen(product, would=True, fit=0.0), "accepts") == 0
    assert {each.adds for each in seen(product, would=True)} == {0, 20}
    cheap, dear = (seen({"kind": "code", "code": "OTHER"}, would=False, percent=each) for each in (5, 40))
    assert share(dear, "buys") > 3 * share(cheap, "buys")


def test_a_product_fits_as_tastes_say_and_all_else_as_it_is() -> None:
    tastes = Tastes({1: {}}, {1: 0.5, 2: 0.5})
    tastes.fit = lambda product, pick: 0.7 if (product, pick) == (1, 2) else 0.1  # type: ignore[method-assign]
    assert fit_of({"kind": "product", "product": 2}, [1, 3], tastes) == 0.7
    assert fit_of(CODE, [1], tastes) == 1.0 and fit_of({"kind": "product", "product": 2}, [], tastes) == 0.0
