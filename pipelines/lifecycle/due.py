"""What should be done now, read from the rows alone: losing a queue loses no work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    Count,
    DateField,
    DateTimeField,
    Exists,
    F,
    Field,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.utils import timezone

from pipelines.lifecycle import causes, turns
from pipelines.lifecycle.errors import BadData
from pipelines.lifecycle.ingest import backfill, freshness
from pipelines.lifecycle.monitor import retrain
from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.releases import freezes
from pipelines.lifecycle.serving import form, sent
from pipelines.lifecycle.versions import runs
from pipelines.models import (
    Deployment,
    ModelVersion,
    Publication,
    PublishedFields,
    Release,
    ServingWindow,
    Shop,
    ShopSettings,
    SyncRun,
    TrainingRun,
    own,
)
from pipelines.stats.clock import midnight
from pipelines.usecases import USE_CASES

State = TrainingRun.State
REFRESH_AT = time(2, 0)  # in the shop's zone: the day is over and its late orders are in
STOPPED_TRIED_EVERY = timedelta(days=1)  # until tomorrow's data
FAILED_TRIED_AFTER = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=20))
FAILURES_COUNT_FOR = timedelta(days=2)
PROPOSED_WITHIN = timedelta(days=60)  # what nobody was asked about for so long learned from another season
LEFT_LYING = timedelta(minutes=2)  # a job that follows at once has had its chance

BY_CLOCK = ("first", "weekly")
BY_MERCHANT = "merchant"
LOST_AFTER = timedelta(minutes=15)  # a training that was asked for and that nobody began: its job may be gone
RENEWAL = "renewal"

Training = tuple[int, str, str]


def dead_runs() -> Iterator[Training]:
    """Yield the runs whose worker died, and those that were asked for and never begun."""
    lost = Q(state=State.QUEUED, created_at__lt=timezone.now() - LOST_AFTER)
    yield from TrainingRun.objects.filter(runs.silent_runs() | lost).values_list("shop_id", "use_case", "trigger")


def trainings(now: datetime | None = None) -> Iterator[Training]:
    """Yield the first and weekly trainings, and those for what was found, that are due for shops with fresh data."""
    now = now or timezone.now()
    for use_case in USE_CASES:
        for shop in with_newest_run(learns_by_itself(can_learn(now), use_case), use_case, now):
            trigger = trigger_of(shop, now)
            if trigger:
                yield shop.pk, use_case, trigger


def is_wanted(shop: Shop, use_case: str, trigger: str) -> bool:
    """Say whether a training that was enqueued a while ago should still run: the clock may have sent it twice."""
    mine = TrainingRun.objects.for_shop(shop).filter(use_case=use_case)
    dead = mine.filter(runs.silent_runs())
    if trigger == BY_MERCHANT:
        return dead.exists() or mine.filter(state=State.QUEUED).exists()
    if trigger == RENEWAL:
        return dead.exists() or outlasted(timezone.now()).filter(shop=shop, use_case=use_case).exists()
    is_clocks = trigger in BY_CLOCK or causes.is_found(trigger)
    if is_clocks and switches.is_off(shop, switches.TRAINING, switches.family(use_case)):
        return False
    return not is_clocks or dead.exists() or due_trigger(shop, use_case, timezone.now()) == trigger


def learns_by_itself(shops: QuerySet[Shop], use_case: str) -> QuerySet[Shop]:
    """Leave out the shops in which who runs the app has switched that off."""
    return shops.exclude(switches.any_off(switches.TRAINING, switches.family(use_case)))


def can_learn(now: datetime) -> QuerySet[Shop]:
    """Keep the installed shops whose first import is done and whose orders were read lately."""
    mine = SyncRun.objects.filter(shop=OuterRef("pk"))
    done = mine.filter(state=SyncRun.State.DONE)
    return Shop.objects.installed().filter(
        Exists(orders_read(now).filter(shop=OuterRef("pk"))),
        Exists(done.filter(kind=SyncRun.Kind.PRODUCTS)),
        Exists(done.filter(kind=SyncRun.Kind.ORDERS)),
        Exists(mine.filter(kind=SyncRun.Kind.STOCK).exclude(state__in=backfill.ACTIVE)),
    )


def with_newest_run(shops: QuerySet[Shop], use_case: str, now: datetime) -> QuerySet[Shop]:
    """Read shops with their newest training of a use case, failures of late, any version, and what was found of it."""
    mine = {"shop": OuterRef("pk"), "use_case": use_case}
    newest = TrainingRun.objects.filter(**mine).order_by("-created_at")
    failed = TrainingRun.objects.filter(**mine, state=State.FAILED, created_at__gte=now - FAILURES_COUNT_FOR)
    return (
        retrain.with_causes(shops, use_case, now)
        .select_related("settings")
        .annotate(
            run_at=Subquery(newest.values("created_at")[:1]),
            run_state=Subquery(newest.values("state")[:1]),
            run_error=Subquery(newest.values("error_code")[:1]),
            failures=Subquery(failed.order_by().values("shop").annotate(n=Count("pk")).values("n")),
            has_version=Exists(ModelVersion.objects.filter(**mine)),
        )
    )


def renewals(now: datetime | None = None) -> Iterator[Training]:
    """Yield the trainings for questions that a freeze outlasted: once it is over they come again, on fresh figures."""
    for shop_id, use_case in outlasted(now or timezone.now()).values_list("shop_id", "use_case"):
        yield shop_id, use_case, RENEWAL


def outlasted(now: datetime) -> QuerySet[Release]:
    """Keep the releases whose card ended in a freeze that is over, where nothing newer came and the data is fresh."""
    mine = {"shop": OuterRef("shop"), "use_case": OuterRef("use_case")}
    tried = TrainingRun.objects.filter(**mine, created_at__gte=OuterRef("scheduled_for"))
    newer = Release.objects.filter(**mine, pk__gt=OuterRef("pk"))
    frozen = freezes.standing_now(now).filter(shop=OuterRef("shop"))
    ended = Release.objects.filter(phase=Release.Phase.EXPIRED, scheduled_for__lte=now, use_case__in=[*USE_CASES])
    fresh = Exists(orders_read(now).filter(shop=OuterRef("shop")))
    installed = Shop.objects.installed().without(switches.TRAINING)
    return ended.filter(~Exists(tried), ~Exists(newer), ~Exists(frozen), fresh, shop__in=installed)


def orders_read(now: datetime) -> QuerySet[SyncRun]:
    """Keep the imports that read a shop's orders completely, and lately enough."""
    done = SyncRun.objects.filter(kind__in=freshness.ORDER_PULLS, state=SyncRun.State.DONE)
    return done.filter(finished_at__gte=now - freshness.LIMIT)


def due_trigger(shop: Shop, use_case: str, now: datetime) -> str:
    """Return why a shop should train now, or nothing."""
    return trigger_of(with_newest_run(Shop.objects.filter(pk=shop.pk), use_case, now).get(), now)


def trigger_of(shop: Any, now: datetime) -> str:
    """Return why a shop that was read with its newest run should train now, or nothing."""
    if shop.run_state in (State.QUEUED, State.RUNNING):
        return ""
    trigger = "weekly" if shop.has_version else "first"
    if shop.run_at is None:
        return trigger
    if shop.run_state == State.FAILED:
        return trigger if now - shop.run_at > pause_after(shop.failures or 1, shop.pk) else ""
    if trigger == "first" or shop.run_error == BadData.__name__:
        return trigger if now - shop.run_at > STOPPED_TRIED_EVERY else ""
    if shop.run_at < last_slot(shop, now - turns.offset(shop.pk)):
        return trigger
    return retrain.cause_of(shop, now)


def pause_after(failures: int, shop_id: int) -> timedelta:
    """Return how long a training waits that broke off so often lately."""
    return FAILED_TRIED_AFTER[min(failures, len(FAILED_TRIED_AFTER)) - 1] * turns.spread(f"{shop_id}:{failures}")


def last_slot(shop: Shop, now: datetime) -> datetime:
    """Return when the last weekly training was due, in the shop's zone."""
    settings = getattr(shop, "settings", None) or ShopSettings()
    local = now.astimezone(shop.zone)
    day = local.date() - timedelta(days=(local.weekday() - settings.train_weekday) % 7)
    slot = datetime.combine(day, settings.train_at, tzinfo=shop.zone)
    return slot if slot <= now else datetime.combine(day - timedelta(days=7), settings.train_at, tzinfo=shop.zone)


def judgements(now: datetime | None = None) -> Iterator[tuple[int, int]]:
    """Yield versions that were trained and never judged."""
    before = (now or timezone.now()) - LEFT_LYING
    lying = ModelVersion.objects.filter(state=ModelVersion.State.TRAINED, created_at__lt=before)
    yield from lying.values_list("shop_id", "pk")


def proposals(now: datetime | None = None) -> Iterator[tuple[int, int]]:
    """Yield versions that may be released, are newer than what runs, and wait for nobody."""
    before = (now or timezone.now()) - LEFT_LYING
    newer = ModelVersion.objects.filter(
        shop=OuterRef("shop"), use_case=OuterRef("use_case"), number__gt=OuterRef("number")
    )
    under_way = Release.objects.filter(shop=OuterRef("shop"), use_case=OuterRef("use_case"), phase__in=Release.OPEN)
    ready = ModelVersion.objects.filter(
        state__in=(ModelVersion.State.VALIDATED, ModelVersion.State.UNDECIDED),
        created_at__range=(before - PROPOSED_WITHIN, before),
        releases=None,
    )
    yield from ready.filter(~Exists(newer), ~Exists(under_way)).values_list("shop_id", "pk")


def refreshes(now: datetime | None = None) -> Iterator[tuple[int, str]]:
    """Yield the deployments whose rows are not of what runs now and of yesterday; a simple rule runs from the start."""
    now = now or timezone.now()
    facts = ("shop_id", "use_case", "revision", "served_revision", "served_origin", "shop__timezone")
    for shop_id, use_case, revision, shown, origin, zone in behind(served(), now).values_list(*facts):
        its_turn = now - turns.offset(shop_id)
        if revision != shown or origin is None or origin < newest_day(ZoneInfo(zone), its_turn):
            yield shop_id, use_case


def is_behind(shop_id: int, use_case: str) -> bool:
    """Say whether a shop does not see the newest answer of what runs."""
    return behind(served().filter(shop=shop_id, use_case=use_case), timezone.now()).exists()


def in_batches() -> list[str]:
    """List the use cases that answer once a day for everything."""
    return [slug for slug, case in USE_CASES.items() if case.serves == "batch"]


def served() -> QuerySet[Deployment]:
    """Keep the pointers to what somebody is shown every day, from the first import on."""
    read = SyncRun.objects.filter(shop=OuterRef("shop"), kind=SyncRun.Kind.ORDERS, state=SyncRun.State.DONE)
    pointers = Deployment.objects.filter(use_case__in=in_batches(), shop__in=Shop.objects.installed())
    for slug in in_batches():
        pointers = pointers.exclude(use_case=slug, shop__switched_off__contains=[switches.family(slug)])
    return pointers.filter(Q(revision__gt=0) | Exists(read))


def watched() -> Iterator[tuple[int, str]]:
    """Yield the pointers to what runs of use cases that say what is watched of them."""
    named = [slug for slug, case in USE_CASES.items() if case.monitored]
    pointers = Deployment.objects.filter(use_case__in=named, shop__in=Shop.objects.installed())
    yield from pointers.order_by("pk").values_list("shop_id", "use_case")


def behind(pointers: QuerySet[Deployment], now: datetime) -> QuerySet[Deployment]:
    """Keep the deployments that were not yet served from the newest day by what they point to now.

    An answer of that day that was thrown away counts: asking again would not help. On data that is old no newer day is
    told, but a pointer that moved is followed all the same: a rollback waits for nothing.
    """
    is_old = Q(served_origin__lt=F("newest")) & Exists(orders_read(now).filter(shop=OuterRef("shop")))
    return pointers.annotate(newest=by_zone(lambda zone: newest_day(zone, now), DateField())).filter(
        ~Q(served_revision=F("revision")) | Q(served_origin=None) | is_old
    )


def newest_day(zone: ZoneInfo, now: datetime) -> date:
    """Return the last day of which a shop in this zone should see an answer."""
    local = now.astimezone(zone)
    return local.date() - timedelta(days=1 if local.time() >= REFRESH_AT else 2)


def by_zone(value_of: Callable[[ZoneInfo], Any], field: Field[Any, Any]) -> Case:
    """Give each row what is so in its shop's zone; zones that agree are asked about together."""
    names: dict[Any, list[str]] = {}
    for name in Shop.objects.installed().values_list("timezone", flat=True).distinct():
        names.setdefault(value_of(ZoneInfo(name)), []).append(name)
    found = [When(shop__timezone__in=known, then=Value(value)) for value, known in names.items()]
    return Case(*found, output_field=field)


def unheard(now: datetime | None = None) -> Iterator[tuple[int, str]]:
    """Yield the releases whose version should have answered beside what runs, and has not since the day began.

    The first answer need not wait for the night, and one that the machine missed is asked for again.
    """
    now = now or timezone.now()
    mine = {"shop": OuterRef("shop"), "use_case": OuterRef("use_case")}
    answers = ServingWindow.objects.filter(**mine, version=OuterRef("version"), arm="canary")
    late = behind(served().filter(**mine), now)
    speaks = (Release.Phase.SHADOW, Release.Phase.CANARY)
    moving = Release.objects.filter(phase__in=speaks, entered_at__lt=now - LEFT_LYING, use_case__in=in_batches())
    since = by_zone(lambda zone: midnight(newest_day(zone, now) + timedelta(days=1), zone), DateTimeField())
    waiting = moving.filter(shop__in=Shop.objects.installed()).annotate(since=since)
    heard = Exists(answers.filter(starts_at__gte=OuterRef("since")))
    yield from waiting.filter(~heard, ~Exists(late)).values_list("shop_id", "use_case")


def publications() -> Iterator[tuple[int, str]]:
    """Yield shop and use case where metafields are not all there, or not all gone, or some may be tried again."""
    now = timezone.now()
    here = {"shop": OuterRef("pk")}
    lets_us = Shop.objects.reachable().filter(scopes__contains=[form.SCOPE])
    for slug, case in USE_CASES.items():
        known = Publication.objects.filter(**here, use_case=slug)
        for output, _ in case.published:
            rows = own.table(output.table).objects.filter(**here)
            fields = PublishedFields.objects.filter(**here, use_case=slug)
            may_not = switches.any_off(switches.PUBLISHING, switches.family(slug))
            again = Exists(sent.due_again(fields, now)) | (may_not & Exists(fields))
            waits = Exists(known.filter(is_whole=False)) | (Exists(rows) & ~Exists(known)) | again
            yield from ((shop_id, slug) for shop_id in lets_us.filter(waits).values_list("pk", flat=True))


def being_published(now: datetime) -> set[tuple[int, str]]:
    """Return the shops and use cases whose metafields somebody is at."""
    return {*Publication.objects.filter(leased_until__gte=now).values_list("shop_id", "use_case")}
