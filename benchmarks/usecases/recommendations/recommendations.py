"""What lists find in the later orders of real shops, beside best sellers and implicit's models, and how fast.

Carts: a random half is known, a hit is any of the other half among ten. Product pages: one product is known, a hit is
any of the rest. All that is chosen is chosen on the shop's own split before the test.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.usecases.recommendations.rig import references
from benchmarks.usecases.recommendations.rig.real_baskets import RealShop, shops, smaller
from pipelines.usecases.recommendations.answering.cart import Pick, for_cart
from pipelines.usecases.recommendations.baskets import LARGEST, Floats
from pipelines.usecases.recommendations.judging.evaluation import lists
from pipelines.usecases.recommendations.judging.figures import difference
from pipelines.usecases.recommendations.learning import again, recipe
from pipelines.usecases.recommendations.learning.blend import BEST_SELLERS, Blend, Parts
from pipelines.usecases.recommendations.learning.split import Questions, carts, product_pages
from pipelines.usecases.recommendations.learning.together import Together, learn
from pipelines.usecases.recommendations.ranks import BLOCK, first_places, is_found
from pipelines.usecases.recommendations.serving import PLACES
from pipelines.usecases.recommendations.wording import BEST_SELLER, TOGETHER

FEW_ORDERS = 200
STORED = PLACES["cart"]  # of a product's list of the kind that carts add up
MOST_MB = 1_500
PARTS = {"ease": Blend(1.0, 0.0, 0.0), "chance": Blend(0.0, 0.0, 0.0), "lately": BEST_SELLERS}
ROOT = Path(__file__).resolve().parents[3]


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Ask every shop in the folder, then time a large one."""
    if not options["data"]:
        raise SystemExit("Give the folder of real baskets: manage.py benchmark recommendations --data DIR")
    seed, checks, say = options["seed"], [], timed(say)
    with threadpool_limits(1):
        for shop in shops(options["data"], seed, say):
            say(f"{shop.name}: {len(shop.before)} baskets of {len(shop.before.ids)} products, then {len(shop.after)}")
            checks += small_shop(shop, seed, say) if shop.kind.is_small else large_shop(shop, seed, say)
    return checks + list(speed(seed, say))


def timed(say: Say) -> Say:
    """Say before each thing how many seconds the run has taken so far."""
    began = time.monotonic()
    return lambda text: say(f"{time.monotonic() - began:6.0f} s  {text}")


def large_shop(shop: RealShop, seed: int, say: Say) -> list[Check]:
    """Compare with the other library; then the same shop with few orders, and what its shoppers buy again."""
    asked = questions_of(shop, seed)
    ours = found_by_us(shop, asked, seed, say)
    theirs = dict(found_by_others(shop, asked, seed, say))
    checks = list(beside_others(shop.name, ours, theirs)) + small_shop(smaller(shop, FEW_ORDERS), seed, say)
    return checks + ([bought_again(shop, say)] if shop.kind.name == "complete_journey" else [])


def questions_of(shop: RealShop, seed: int) -> dict[str, Questions]:
    """Ask about half carts and product pages of the tested days."""
    return {"cart": carts(shop.after, seed=seed), "page": product_pages(shop.after, seed=seed)}


def found_by_us(shop: RealShop, asked: dict[str, Questions], seed: int, say: Say) -> dict[str, dict[str, Floats]]:
    """Give each list's hit of the blend, of each of its parts, and of best sellers of all days and of late."""
    chosen = recipe.choose(shop.before, seed=seed)
    say(f"{shop.name}: half-life {chosen.half_life:g} days, cart {chosen.cart}, page {chosen.page}")
    together = learn(shop.before.usual(), today=shop.cut, half_life=chosen.half_life)
    found = {}
    for kind, questions in asked.items():
        blends = {"ours": getattr(chosen, kind), **PARTS}
        found[kind] = {
            name: is_found(lists(together, questions, blend), questions.wanted) for name, blend in blends.items()
        }
        found[kind]["best_sellers"] = best_sellers(shop, questions)
        found[kind]["stored"] = from_stored_lists(together, questions, getattr(chosen, kind))
        say(f"{shop.name} {kind}: " + ", ".join(f"{name} {hits.mean():.4f}" for name, hits in found[kind].items()))
    return found


def from_stored_lists(together: Together, questions: Questions, blend: Blend) -> Floats:
    """Give the hits of what the storefront adds up from the stored lists of the known products."""
    stored = stored_lists(together, blend)
    order = np.argsort(-together.share, kind="stable")
    instead = [Pick(int(product), 0.0, BEST_SELLER) for product in order[: LARGEST + references.PLACES]]
    said = np.full((len(questions), references.PLACES), -1, dtype=np.int64)
    for row, known in enumerate(np.split(questions.known.indices, questions.known.indptr[1:-1])):
        picks = [pick for pick, *_ in for_cart(stored.__getitem__, known.tolist(), instead, places=references.PLACES)]
        said[row, : len(picks)] = picks
    return is_found(said, questions.wanted)


def stored_lists(together: Together, blend: Blend) -> dict[int, list[Pick]]:
    """List the first places of each product, of the kind that carts add up."""
    each, stored = sparse.identity(len(together.share), dtype=np.float32, format="csr"), {}
    for low in range(0, each.shape[0], BLOCK):
        known = each[low : low + BLOCK]
        scores = Parts(together, known).blended(blend)
        first = first_places(scores, known, STORED)
        value = np.take_along_axis(scores, np.maximum(first, 0), axis=1)
        for row in range(len(first)):
            places = zip(first[row].tolist(), value[row].tolist(), strict=True)
            stored[low + row] = [Pick(pick, score, TOGETHER) for pick, score in places if pick >= 0]
    return stored


def best_sellers(shop: RealShop, questions: Questions) -> Floats:
    """Give the hits of the products that sold most, those left out that are known."""
    order = np.argsort(-shop.before.bought(), kind="stable")[: LARGEST + references.PLACES]
    picks = [order[~np.isin(order, row.indices)][: references.PLACES] for row in questions.known]
    full = [np.append(row, np.full(references.PLACES - len(row), -1)) for row in picks]
    return is_found(np.array(full, dtype=np.int64).reshape(-1, references.PLACES), questions.wanted)


def found_by_others(
    shop: RealShop, asked: dict[str, Questions], seed: int, say: Say
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield what each model of the other library finds."""
    for name, model in (*references.factorisations(seed), *references.neighbourhoods()):
        references.fit(model, shop.before.usual().held)
        found = {
            kind: float(is_found(references.lists(model, questions), questions.wanted).mean())
            for kind, questions in asked.items()
        }
        say(f"{shop.name} {name}: " + ", ".join(f"{kind} {value:.4f}" for kind, value in found.items()))
        yield name, found


def beside_others(
    name: str, ours: dict[str, dict[str, Floats]], theirs: dict[str, dict[str, float]]
) -> Iterator[Check]:
    """Yield the targets: above ALS, not below the best item-item model, a blend above each of its parts."""
    mean = {kind: {who: float(hits.mean()) for who, hits in by.items()} for kind, by in ours.items()}
    best_als = {kind: max(by[kind] for who, by in theirs.items() if who.startswith("als")) for kind in ours}
    best_items = {kind: max(by[kind] for who, by in theirs.items() if not who.startswith("als")) for kind in ours}
    cart, page = mean["cart"]["ours"], mean["page"]["ours"]
    yield over(f"{name}.cart_above_als", cart, best_als["cart"], 0.05)
    yield over(f"{name}.cart_above_item_item", cart, best_items["cart"], 0.0)
    yield over(f"{name}.page_above_item_item", page, best_items["page"], 0.04)
    for kind, by in mean.items():
        yield Check(f"{name}.{kind}_best_sellers", by["best_sellers"], "share")
        yield Check(f"{name}.{kind}_from_stored_lists", by["stored"], "share", by["ours"])
        for part in PARTS:
            yield over(f"{name}.{kind}_above_{part}", by["ours"], by[part], 0.0)


def over(name: str, value: float, reference: float, least: float) -> Check:
    """Check how far one share of lists is above another."""
    gap = round(value - reference, 4)
    return Check(name, gap, "share", round(reference, 4), None, f">= {least:g}", gap >= least)


def small_shop(shop: RealShop, seed: int, say: Say) -> list[Check]:
    """Check that best sellers are nowhere surely better: the interval of the difference is not wholly below zero."""
    asked, checks = questions_of(shop, seed), list[Check]()
    if not len(asked["cart"]):
        say(f"{shop.name}: no later basket holds two of its {len(shop.before.ids)} products, left out")
        return checks
    ours = found_by_us(shop, asked, seed, say)
    for kind, by in ours.items():
        gap = difference(by["ours"], by["best_sellers"], seed=seed)
        say(f"{shop.name} {kind}: {gap['value']:+.4f} [{gap['low']:+.4f}, {gap['high']:+.4f}] of {gap['n']}")
        checks.append(at_least(f"{shop.name}.{kind}_against_best_sellers_upper", gap["high"], "share", 0.0))
        checks.append(Check(f"{shop.name}.{kind}_against_best_sellers", gap["value"], "share"))
    return checks


def bought_again(shop: RealShop, say: Say) -> Check:
    """Compare lists of what comes again with the shopper's own frequency list, on each one's next basket."""
    habits = again.choose(shop.before)
    following = again.next_baskets(shop.before, shop.after)
    found = again.recalls(shop.before, following, [habits, again.COUNTING], shop.cut)
    ours, counting = (float(each.mean()) for each in found)
    say(f"{shop.name}: {habits}; {len(following)} shoppers came back")
    return at_least(f"{shop.name}.again_recall", ours, "share", 1.05, reference=counting)


def speed(seed: int, say: Say) -> Iterator[Check]:
    """Yield what a large shop costs beside ALS, each in a process of its own, by seconds of one core."""
    spent = {who: measured(who, seed) for who in ("theirs", "ours")}
    say(f"large shop: {spent}")
    reference = spent["theirs"]["seconds"]
    yield at_most("large_shop_seconds", spent["ours"]["seconds"], "s of one core", 6, reference=reference)
    yield at_most("large_shop_memory", spent["ours"]["mb"], "MB", MOST_MB)


def measured(who: str, seed: int) -> dict[str, float]:
    """Run one side in a process of its own."""
    module = "benchmarks.usecases.recommendations.rig.large_shop"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", module, who, str(seed)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said
