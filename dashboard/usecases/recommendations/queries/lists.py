"""What shoppers see beside a product and beside a cart: of what is live, and of the version on its way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from dashboard.queries.words import PHASES, Badge
from dashboard.usecases.recommendations.queries.products import Thing, Things
from pipelines.lifecycle.releases.standing import Standing, standing_of
from pipelines.models import Deployment, ModelVersion, Release, Shop
from pipelines.models.usecases.recommendations import EVERYBODY, PickRule, RecommendationList
from pipelines.usecases.recommendations import USE_CASE
from pipelines.usecases.recommendations.answering import door
from pipelines.usecases.recommendations.wording import PINNED

SLUG = USE_CASE.slug
PLACES = 8  # as many as the block can show
NAMED = 3  # products in a sentence; more are counted
SAME, NEW_HERE = "Same place", "New here"
SAID = ("version_id", "updated_at", "kind", "unit_id", "picks", "scores", "reasons", "details")
HEAVY = ("page", "replay", "metrics", "gates", "lineage", "recipe")  # of a version: not needed here
Rule = PickRule.Rule


@dataclass(frozen=True)
class Speakers:
    """Who speaks: what is live, and what is on its way."""

    live: ModelVersion | None  # nothing: the simple rule
    since: datetime | None
    release: Release | None
    standing: Standing | None

    @property
    def live_id(self) -> int | None:
        return self.live.pk if self.live else None

    @property
    def ids(self) -> list[int | None]:
        """List whose lists are read: the simple rule's stand where a version has none."""
        return [self.live_id, *([self.release.version_id] if self.release else []), None]


@dataclass(frozen=True)
class Said:
    """What was written down, by who said it; when its data was read, and which products it names."""

    lists: dict[int | None, door.Lists]
    read_at: dict[int | None, datetime]
    named: frozenset[int]

    def of(self, version: int | None) -> tuple[door.Lists, bool]:
        """Return a version's lists, else the simple rule's, and whether they are its own."""
        own = self.lists.get(version)
        return (own or self.lists.get(None) or door.hold([])), own is not None


@dataclass(frozen=True)
class Place:
    """One place of a list."""

    thing: Thing
    because: str
    is_pinned: bool
    moved: str = ""  # against the live list, in words
    leaves: str = ""  # why the next lists do without it


@dataclass(frozen=True)
class Side:
    """What one of them shows."""

    name: str
    badge: Badge
    places: list[Place]
    note: str = ""


@dataclass(frozen=True)
class Preview:
    """What is shown beside one thing: by what is live, and by the version on its way."""

    live: Side
    new: Side | None
    left_out: str
    asked: list[Thing]  # the product, or those of the cart

    @property
    def sides(self) -> list[Side]:
        return [self.live, *([self.new] if self.new else [])]

    @property
    def others(self) -> int:
        """Count the products that the new version would show and the live one does not."""
        return sum(place.moved == NEW_HERE for place in self.new.places) if self.new else 0


def is_listed(shop: Shop) -> bool:
    """Tell whether any list was written."""
    return RecommendationList.objects.for_shop(shop).exists()


def speakers(shop: Shop, now: datetime) -> Speakers:
    """Read who speaks."""
    pointers = Deployment.objects.for_shop(shop).filter(use_case=SLUG).select_related("active")
    pointer = pointers.defer(*(f"active__{name}" for name in HEAVY)).first()
    opened = Release.objects.for_shop(shop).filter(use_case=SLUG, phase__in=Release.OPEN)
    release = opened.select_related("version").defer(*(f"version__{name}" for name in HEAVY)).first()
    if release:
        release.shop = shop
    return Speakers(
        live=pointer.active if pointer else None,
        since=pointer.active_since if pointer else None,
        release=release,
        standing=standing_of(release, now) if release else None,
    )


def first_of(shop: Shop, who: Speakers) -> int | None:
    """Return the product that is looked at where none was chosen: what sells best, else any that has a list."""
    rows = by(RecommendationList.objects.for_shop(shop), [who.live_id]).filter(kind__in=("best", "page"))
    row = rows.order_by("kind", F("version").asc(nulls_last=True), "unit_id").first()
    if row is None:
        return None
    return row.picks[0] if row.kind == "best" and row.picks else row.unit_id or None


def told(shop: Shop, who: Speakers, product: int | None, cart: Iterable[int]) -> Said:
    """Read the lists that a product and a cart ask for."""
    wanted = Q(kind="best", unit_id=EVERYBODY) | Q(kind="page", unit_id=product) | Q(kind="cart", unit_id__in=[*cart])
    rows: dict[int | None, list[Any]] = defaultdict(list)
    read_at: dict[int | None, datetime] = {}
    for version, at, *row in by(RecommendationList.objects.for_shop(shop), who.ids).filter(wanted).values_list(*SAID):
        rows[version].append(row)
        read_at[version] = max(at, read_at.get(version, at))
    named = frozenset(pick for some in rows.values() for row in some for pick in row[2])
    return Said({version: door.hold(some) for version, some in rows.items()}, read_at, named)


def by(rows: QuerySet[RecommendationList], versions: Iterable[int | None]) -> QuerySet[RecommendationList]:
    """Keep what some versions said; nothing stands for the simple rule."""
    return rows.filter(Q(version__in=[each for each in versions if each]) | Q(version=None))


def preview(
    said: Said, who: Speakers, known: Things, rules: list[PickRule], asked: list[int], *, is_cart: bool
) -> Preview:
    """Ask what is shown beside a product or a cart, as the storefront's door is asked."""
    question = {"cart" if is_cart else "product": asked if is_cart else asked[0], "most": PLACES}
    shown = {version: list(places(said, version, question, known)) for version in who.ids}
    before = [place.thing.product_id for place in shown[who.live_id]]
    live = Side(
        name=f"Version {who.live.number}" if who.live else "Best sellers",
        badge=Badge("Live", "success") if who.live else Badge("Simple rule"),
        places=[with_rules(place, rules, asked) for place in shown[who.live_id]],
        note=note(said, who.live_id),
    )
    new = None
    if who.release:
        new = Side(
            name=f"Version {who.release.version.number}",
            badge=PHASES[who.release.phase],
            places=[against(place, number, before) for number, place in enumerate(shown[who.release.version_id], 1)],
            note=note(said, who.release.version_id),
        )
    return Preview(live, new, left_out(said, who, known, rules, asked), [known[number] for number in asked])


def places(said: Said, version: int | None, question: dict[str, Any], known: Things) -> Iterator[Place]:
    """Yield what is answered, place by place."""
    answer = door.ask(said.of(version)[0], question, known.closed) or {}
    for pick in answer.get("products", []):
        yield Place(known[pick["id"]], pick["because"], pick["reason"] == PINNED)


def note(said: Said, version: int | None) -> str:
    """Say where somebody else's lists stand in for a version's."""
    return "" if said.of(version)[1] else "No lists of its own yet: best sellers stand in."


def against(place: Place, number: int, before: list[int]) -> Place:
    """Say what changed against the live list."""
    if place.thing.product_id not in before:
        return replace(place, moved=NEW_HERE)
    was = before.index(place.thing.product_id) + 1
    return replace(place, moved=SAME if was == number else f"Was {was}")


def with_rules(place: Place, rules: list[PickRule], asked: list[int]) -> Place:
    """Say of a place that a rule ends it, where the lists do not know that rule yet."""
    if any(rules_out(rule, place.thing.product_id, asked) for rule in rules):
        return replace(place, leaves="Your rule takes it away with the next lists")
    return place


def rules_out(rule: PickRule, pick: int, asked: list[int]) -> bool:
    """Tell whether a rule keeps a pick away from any of these products."""
    if rule.rule == Rule.BLOCK:
        return rule.pick_id == pick and (rule.product_id is None or rule.product_id in asked)
    pair = {rule.product_id, rule.pick_id}
    return rule.rule == Rule.NEVER_TOGETHER and pick in pair and bool(pair & {*asked})


def keeps_away(rule: PickRule, asked: list[int]) -> bool:
    """Tell whether a rule keeps anything away from any of these products."""
    if rule.rule == Rule.BLOCK:
        return rule.product_id is None or rule.product_id in asked
    return rule.rule == Rule.NEVER_TOGETHER and bool({rule.product_id, rule.pick_id} & {*asked})


def left_out(said: Said, who: Speakers, known: Things, rules: list[PickRule], asked: list[int]) -> str:
    """Say in a line what is not shown, and why."""
    lists, _ = said.of(who.live_id)
    listed = {pick for number in asked for kind in ("page", "cart") for pick, *_ in lists.of(kind, number)}
    gone = [known[pick].title for pick in sorted(listed & known.closed)]
    parts = [f"{known[number].title} itself" for number in asked]
    parts += [f"{title}, which cannot be bought now" for title in gone[:NAMED]]
    parts += [f"{len(gone) - NAMED} more that cannot be bought now"] if len(gone) > NAMED else []
    away = sum(keeps_away(rule, asked) for rule in rules)
    parts += [f"{away} that you blocked or keep apart"] if away else []
    return f"Not shown: {'; '.join(parts)}."
