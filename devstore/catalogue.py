"""Make up what a shop of outdoor gear sells."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from devstore.book import Book, handle

DAY = 86_400
NAMES = (
    "Larch", "Fell", "Burn", "Heron", "Tarn", "Alder", "Corrie", "Skerry", "Linden", "Moor", "Peregrine", "Bracken",
    "Harrier", "Stoat", "Rowan", "Kestrel", "Otter", "Sorrel", "Thistle", "Whin", "Curlew", "Drover", "Ember", "Gannet",
)  # fmt: skip
KINDS = (
    ("Down Jacket", "Jackets", 149, "winter", ("S", "M", "L", "XL")),
    ("Rain Shell", "Jackets", 95, "all", ("S", "M", "L", "XL")),
    ("Merino Top", "Base layers", 45, "winter", ("S", "M", "L", "XL")),
    ("Trail Shorts", "Trousers", 38, "summer", ("S", "M", "L")),
    ("Walking Trousers", "Trousers", 62, "all", ("30", "32", "34", "36")),
    ("Beanie", "Accessories", 18, "winter", ("Slate", "Rust")),
    ("Sun Hat", "Accessories", 16, "summer", ("One size",)),
    ("Wool Socks", "Socks", 12, "all", ("36-39", "40-43", "44-47")),
    ("Trail Boots", "Footwear", 118, "all", ("40", "41", "42", "43", "44")),
    ("Dry Bag", "Bags", 14, "summer", ("5 l", "10 l", "20 l")),
    ("Daypack", "Bags", 64, "all", ("18 l", "24 l")),
    ("Two-person Tent", "Camping", 210, "summer", ("One size",)),
    ("Sleeping Bag", "Camping", 88, "summer", ("Regular", "Long")),
    ("Gas Stove", "Camping", 42, "summer", ("One size",)),
    ("Flask", "Kitchen", 24, "winter", ("0.5 l", "0.75 l", "1 l")),
    ("Head Torch", "Lighting", 32, "winter", ("One size",)),
)
OCCASIONS = (  # what is bought for the same day out
    ("Down Jacket", "Merino Top", "Beanie", "Flask", "Head Torch"),
    ("Rain Shell", "Walking Trousers", "Wool Socks", "Trail Boots", "Daypack"),
    ("Two-person Tent", "Sleeping Bag", "Gas Stove", "Dry Bag", "Sun Hat", "Trail Shorts"),
)
MADE_TO_ORDER = "Two-person Tent"  # sold on when nothing is left
VENDORS = ("Northbeck", "Tarnside", "Hollin & Co", "Greyfell", "Arran Works")


@dataclass
class Catalogue:
    """Hold the variants as arrays, one position per variant."""

    ids: list[int]
    items: list[int]
    products: np.ndarray
    facts: list[tuple]
    price: np.ndarray
    cost: np.ndarray
    weight: np.ndarray
    season: np.ndarray
    first_day: np.ndarray
    last_day: np.ndarray
    partner: np.ndarray
    continues: np.ndarray


def make_catalogue(book: Book, rng: np.random.Generator, wanted: int, first: date, zone: ZoneInfo) -> Catalogue:
    facts, products, seasons = [], [], []
    number = 0
    while len(facts) < wanted:
        kind, family, price, season, options = KINDS[number % len(KINDS)]
        name = f"{NAMES[(number * 7 + number // len(KINDS)) % len(NAMES)]} {kind}"
        price = max(2.0, round(price * float(np.exp(rng.normal(0, 0.35)))) - 0.01)
        for option in options[: wanted - len(facts)]:
            facts.append((number, name, family, option, price))
            products.append(number)
            seasons.append({"all": 0.0, "winter": 1.0, "summer": -1.0}[season])
        number += 1
    return _priced(book, rng, facts, np.array(products), np.array(seasons), first, zone)


def kit_of(number: int) -> list[int]:
    """List the products that go with one: of the same occasion and the same series."""
    series, kind = divmod(number, len(KINDS))
    kinds = [name for name, *_ in KINDS]
    occasion = next(each for each in OCCASIONS if kinds[kind] in each)
    return [series * len(KINDS) + kinds.index(name) for name in occasion if name != kinds[kind]]


def _priced(
    book: Book,
    rng: np.random.Generator,
    facts: list[tuple],
    products: np.ndarray,
    seasons: np.ndarray,
    first: date,
    zone: ZoneInfo,
) -> Catalogue:
    count, days = len(facts), book.plan.days
    rank = rng.permutation(products.max() + 1)[products] + 1.0
    weight = rank**-0.95 * rng.uniform(0.35, 1.0, count)
    price = np.array([fact[4] for fact in facts])
    launched = rng.random(count) < 0.015 * days / 30
    retired = rng.random(count) < 0.01 * days / 30
    catalogue = Catalogue(
        ids=[book.take("variant") for _ in range(count)],
        items=[book.take("item") for _ in range(count)],
        products=products,
        facts=facts,
        price=np.round(price * 100).astype(int),
        cost=np.round(price * 100 * rng.uniform(0.38, 0.6, count)).astype(int),
        weight=weight * (price / np.median(price)) ** -0.3,
        season=seasons * rng.uniform(0.3, 0.7, count),
        first_day=np.where(launched, rng.integers(0, days, count), -400),
        last_day=np.where(retired, rng.integers(days // 3, days, count), 10 * days),
        partner=np.where(rng.random(count) < 0.08, rng.integers(0, count, count), -1),
        continues=np.array([fact[1].endswith(MADE_TO_ORDER) for fact in facts]),
    )
    _add_products(book, rng, catalogue, first, zone)
    return catalogue


def _add_products(book: Book, rng: np.random.Generator, catalogue: Catalogue, first: date, zone: ZoneInfo) -> None:
    born = int(datetime.combine(first, datetime.min.time(), zone).timestamp())
    known: dict[int, tuple[int, str]] = {}
    positions: Counter[int] = Counter()
    for place, (number, name, family, option, _price) in enumerate(catalogue.facts):
        launch = born + int(catalogue.first_day[place]) * DAY
        if number not in known:
            known[number] = (book.take("product"), VENDORS[int(rng.integers(len(VENDORS)))])
            gone = all(catalogue.last_day[catalogue.products == number] <= book.plan.days)
            book.add(
                "products", id=known[number][0], title=name, handle=handle(name, number), product_type=family,
                vendor=known[number][1], status="archived" if gone else "active", tags=family, created_at=launch,
                updated_at=launch,
            )  # fmt: skip
        product, vendor = known[number]
        positions[product] += 1
        title = "Default Title" if option == "One size" else option
        sku = f"{''.join(word[:3] for word in name.split()).upper()}-{number:03d}-{option.replace(' ', '').upper()[:6]}"
        book.add(
            "variants", id=catalogue.ids[place], product_id=product, title=title, sku=sku,
            price=int(catalogue.price[place]),
            compare_at=int(catalogue.price[place] * 1.2) if rng.random() < 0.1 else None,
            cost=None if rng.random() < 0.04 else int(catalogue.cost[place]), position=positions[product], tracked=1,
            continues=int(catalogue.continues[place]),
            item_id=catalogue.items[place], created_at=launch, updated_at=launch,
        )  # fmt: skip
        catalogue.facts[place] = (product, name, title, sku, vendor)
