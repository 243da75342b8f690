"""A draft is filled up to a budget, first with what keeps most for its price."""

from __future__ import annotations

import pytest

from pipelines.models import PurchaseOrder, Supplied, Supplier
from pipelines.models.usecases.demand_forecast import StockAdvice


@pytest.fixture
def advised(shop):
    """Return two things of one vendor to order: six mugs keep much for little, six lamps little for much."""
    rows = StockAdvice.objects.for_shop(shop).filter(location_id=0).to_order().order_by("pk")
    mug, lamp = rows[:2]
    facts = {"vendor": "Kiln", "order_quantity": 12, "order_cost_minor": 12 * 500, "rule": mug.rule | {"pack_size": 6}}
    StockAdvice.objects.filter(pk=mug.pk).update(unit_cost_minor=500, kept=[[6, 9000], [12, 10_000]], **facts)
    StockAdvice.objects.filter(pk=lamp.pk).update(unit_cost_minor=2000, kept=[[6, 12_000], [12, 15_000]], **facts)
    return mug.variant_id, lamp.variant_id


@pytest.fixture
def order(advised, send):
    send("/orders/draft", {"vendor": "Kiln"})
    return PurchaseOrder.objects.get()


@pytest.fixture
def fill(order, send):
    def filled(budget):
        order.refresh_from_db()
        return send(f"/orders/{order.pk}/budget", {"revision": order.revision, "budget": budget}).content.decode()

    return filled


def units(order):
    return {line.variant_id: line.units for line in order.lines.all()}


def test_the_best_for_its_price_comes_first(advised, order, fill):
    mug, lamp = advised
    page = fill("40")
    assert units(order) == {mug: 6}
    assert "Filled up to £40" in page and "£10 of it is left" in page and "Left out or cut: 2 variants" in page
    fill("150")
    assert units(order) == {mug: 6, lamp: 6}
    fill("180")
    assert units(order) == {mug: 12, lamp: 6}


def test_without_a_budget_everything_that_is_advised_comes_back(advised, order, fill):
    fill("40")
    fill("")
    order.refresh_from_db()
    assert units(order) == dict.fromkeys(advised, 12) and order.budget_minor is None


def test_the_margin_that_is_kept_is_shown(order, see):
    page = see(f"/orders/{order.pk}").content.decode()
    assert "£100" in page and "£150" in page and "about £250 in all" in page


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ("0", "buys nothing"),
        ("-5", "buys nothing"),
        ("29.99", "£29.99 buys no pack: the cheapest smallest order of a variant costs £30.00"),
        ("much", "amount of money"),
    ],
)
def test_one_that_buys_nothing_says_so(order, fill, budget, said):
    before = units(order)
    assert said in fill(budget)
    assert units(order) == before


def test_costs_that_were_typed_are_kept_and_counted(advised, order, fill, send):
    lamp = advised[1]
    costs = {f"cost-{line.pk}": "1" if line.variant_id == lamp else "5" for line in order.lines.all()}
    send(f"/orders/{order.pk}/units", {"revision": order.revision} | costs)
    fill("6")
    assert units(order) == {lamp: 6} and order.lines.get().unit_cost_minor == 100


def test_variants_without_a_cost_are_not_weighed(shop, advised, send):
    torver = Supplier.objects.create(shop=shop, name="Torver", currency="EUR")
    Supplied.objects.create(shop=shop, supplier=torver, vendor="Kiln")
    send("/orders/draft", {"supplier": torver.pk})
    order = PurchaseOrder.objects.get()
    said = send(f"/orders/{order.pk}/budget", {"revision": 0, "budget": "99"}).content.decode()
    assert "2 variants without a unit cost cannot be weighed" in said


def test_before_the_first_night_that_works_it_out_nothing_is_guessed(order, fill):
    StockAdvice.objects.update(kept=[])
    assert "not worked out yet" in fill("100")


def test_somebody_who_changed_it_meanwhile_is_not_overwritten(order, send):
    told = {"revision": order.revision + 1, "budget": "40"}
    assert "changed since you opened" in send(f"/orders/{order.pk}/budget", told).content.decode()


def test_with_nothing_advised_any_more_the_draft_stays(advised, order, fill):
    StockAdvice.objects.update(order_quantity=0)
    assert "Nothing has to be ordered here today" in fill("40") and units(order) == dict.fromkeys(advised, 12)


def test_packs_of_another_size_by_now_are_said(advised, order, see):
    assert "now in packs" not in see(f"/orders/{order.pk}").content.decode()
    mug = StockAdvice.objects.get(variant_id=advised[0], location_id=0)
    StockAdvice.objects.filter(pk=mug.pk).update(rule=mug.rule | {"pack_size": 8})
    assert "now in packs of 8" in see(f"/orders/{order.pk}").content.decode()
