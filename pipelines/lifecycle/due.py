"""What should be done now, read from the rows alone: losing a queue loses no work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from pipelines.lifecycle.errors import BadData
from pipelines.lifecycle.ingest import backfill, freshness
from pipelines.lifecycle.releases import freezes
from pipelines.lifecycle.serving import publish
from pipelines.lifecycle.versions import runs
from pipelines.models import (
    Deployment,
    ModelVersion,
    PublishedFields,
    Release,
    ServingWindow,
    Shop,
    ShopSettings,
    StockAdvice,
    SyncRun,
    TrainingRun,
)
from pipelines.stats.clock import midnight
from pipelines.usecases import USE_CASES

State = TrainingRun.State
REFRESH_AT = time(2, 0)  # in the shop's zone: the day is over and its late orders are in
FIRST_TRIED_EVERY = FAILED_TRIED_EVERY = timedelta(days=1)
LEFT_LYING = timedelta(minutes=2)  # a job that follows at once has had its chance

BATCH = [slug for slug, case in USE_CASES.items() if case.serves == "batch"]
BY_CLOCK = ("first", "weekly", "decay")
RENEWAL = "renewal"

Training = tuple[int, str, str]


def dead_runs() -> Iterator[Training]:
    """Yield the runs whose worker died."""
    yield from TrainingRun.objects.filter(runs.silent_runs()).values_list("shop_id", "use_case", "trigger")


def trainings(now: datetime | None = None) -> Iterator[Training]:
    """Yield the first and weekly trainings, and those after a decay, that are due for shops with fresh data."""
    now = now or timezone.now()
    for shop in Shop.objects.installed().select_related("settings"):
        newest_pull = freshness.newest_pull_at(shop)
        is_fresh = newest_pull is not None and now - newest_pull <= freshness.LIMIT
        if not is_fresh or not backfill.first_import_is_done(shop):
            continue
        for use_case in USE_CASES:
            trigger = due_trigger(shop, use_case, now)
            if trigger:
                yield shop.pk, use_case, trigger


def is_wanted(shop: Shop, use_case: str, trigger: str) -> bool:
    """Say whether a training that was enqueued a while ago should still run: the clock may have sent it twice."""
    dead = TrainingRun.objects.for_shop(shop).filter(runs.silent_runs(), use_case=use_case)
    if trigger == RENEWAL:
        return dead.exists() or (shop.pk, use_case, RENEWAL) in renewals()
    return trigger not in BY_CLOCK or dead.exists() or due_trigger(shop, use_case, timezone.now()) == trigger


def renewals(now: datetime | None = None) -> Iterator[Training]:
    """Yield the trainings for questions that a freeze outlasted: once it is over they come again, on fresh figures."""
    now = now or timezone.now()
    mine = {"shop": OuterRef("shop"), "use_case": OuterRef("use_case")}
    tried = TrainingRun.objects.filter(**mine, created_at__gte=OuterRef("scheduled_for"))
    newer = Release.objects.filter(**mine, pk__gt=OuterRef("pk"))
    outlasted = Release.objects.filter(phase=Release.Phase.EXPIRED, scheduled_for__lte=now, use_case__in=[*USE_CASES])
    here = outlasted.filter(~Exists(tried), ~Exists(newer), shop__in=Shop.objects.installed())
    for row in here.select_related("shop"):
        newest_pull = freshness.newest_pull_at(row.shop)
        is_fresh = newest_pull is not None and now - newest_pull <= freshness.LIMIT
        if is_fresh and not freezes.of(row, now).holds:
            yield row.shop_id, row.use_case, RENEWAL


def due_trigger(shop: Shop, use_case: str, now: datetime) -> str:
    """Return why a shop should train now, or nothing."""
    mine = TrainingRun.objects.for_shop(shop).filter(use_case=use_case)
    newest = mine.order_by("-created_at").first()
    if newest and newest.state in (State.QUEUED, State.RUNNING):
        return ""
    if not ModelVersion.objects.for_shop(shop).filter(use_case=use_case).exists():
        waited = newest is None or now - newest.created_at > FIRST_TRIED_EVERY
        return "first" if waited else ""
    if newest and (newest.state == State.FAILED or newest.error_code == BadData.__name__):
        return "weekly" if now - newest.created_at > FAILED_TRIED_EVERY else ""
    if newest is None or newest.created_at < last_slot(shop, now):
        return "weekly"
    return "decay" if has_decayed_since(shop, use_case, newest.created_at) else ""


def has_decayed_since(shop: Shop, use_case: str, trained_at: datetime) -> bool:
    """Say whether what runs was found to have grown worse after the newest training began: one training an alarm."""
    live = Release.objects.for_shop(shop).filter(use_case=use_case, phase=Release.Phase.LIVE)
    told = live.filter(analysis__decay__alarm=True).values_list("analysis__decay__since", flat=True).first()
    return told is not None and datetime.fromisoformat(told) > trained_at


def last_slot(shop: Shop, now: datetime) -> datetime:
    """Return when the last weekly training was due, in the shop's zone."""
    settings = ShopSettings.of(shop)
    local = now.astimezone(shop.zone)
    day = local.date() - timedelta(days=(local.weekday() - settings.train_weekday) % 7)
    slot = datetime.combine(day, settings.train_at, tzinfo=shop.zone)
    return slot if slot <= now else datetime.combine(day - timedelta(days=7), settings.train_at, tzinfo=shop.zone)


def judgements(now: datetime | None = None) -> Iterator[int]:
    """Yield versions that were trained and never judged."""
    before = (now or timezone.now()) - LEFT_LYING
    lying = ModelVersion.objects.filter(state=ModelVersion.State.TRAINED, created_at__lt=before)
    yield from lying.values_list("pk", flat=True)


def proposals(now: datetime | None = None) -> Iterator[int]:
    """Yield versions that may be released, are newer than what runs, and wait for nobody."""
    before = (now or timezone.now()) - LEFT_LYING
    newer = ModelVersion.objects.filter(
        shop=OuterRef("shop"), use_case=OuterRef("use_case"), number__gt=OuterRef("number")
    )
    under_way = Release.objects.filter(shop=OuterRef("shop"), use_case=OuterRef("use_case"), phase__in=Release.OPEN)
    ready = ModelVersion.objects.filter(
        state__in=(ModelVersion.State.VALIDATED, ModelVersion.State.UNDECIDED), created_at__lt=before, releases=None
    )
    yield from ready.filter(~Exists(newer), ~Exists(under_way)).values_list("pk", flat=True)


def refreshes(now: datetime | None = None) -> Iterator[tuple[int, str]]:
    """Yield the deployments whose rows are not of what runs now and of yesterday; a simple rule runs from the start."""
    now = now or timezone.now()
    here = SyncRun.objects.filter(shop=OuterRef("shop"), kind__in=freshness.ORDER_PULLS, state=SyncRun.State.DONE)
    served = Deployment.objects.filter(Exists(here) | Q(revision__gt=0), shop__in=Shop.objects.installed())
    for deployment in served.select_related("shop"):
        if not is_served(deployment, now):
            yield deployment.shop_id, deployment.use_case


def unheard(now: datetime | None = None) -> Iterator[tuple[int, str]]:
    """Yield the releases that run alongside and have given no answer yet: the first one need not wait for the night."""
    before = (now or timezone.now()) - LEFT_LYING
    answers = ServingWindow.objects.filter(shop=OuterRef("shop"), version=OuterRef("version"), arm="canary")
    waiting = Release.objects.filter(phase=Release.Phase.SHADOW, entered_at__lt=before, use_case__in=BATCH)
    yield from waiting.filter(~Exists(answers), shop__in=Shop.objects.installed()).values_list("shop_id", "use_case")


def is_served(deployment: Deployment, now: datetime) -> bool:
    """Say whether a shop sees the newest forecast of what runs, where that could be shown."""
    local = now.astimezone(deployment.shop.zone)
    newest = local.date() - timedelta(days=1 if local.time() >= REFRESH_AT else 2)
    rows = StockAdvice.objects.for_shop(deployment.shop_id).filter(version=deployment.active)
    return rows.filter(origin__gte=newest).exists() or was_thrown_away(deployment, newest)


def was_thrown_away(deployment: Deployment, origin: date) -> bool:
    """Say whether what runs gave an answer from that day that cannot be true: asking again would not help."""
    asked = ServingWindow.objects.for_shop(deployment.shop_id).filter(
        use_case=deployment.use_case, version=deployment.active, arm="stable"
    )
    since = midnight(origin + timedelta(days=1), deployment.shop.zone)
    return asked.filter(starts_at__gte=since).exclude(broken="").exists()


def publications() -> Iterator[int]:
    """Yield the shops whose metafields are on their way, or that let us publish and hold none yet."""
    here = {"shop": OuterRef("pk")}
    published = PublishedFields.objects.filter(**here)
    lets_us = Shop.objects.reachable().filter(scopes__contains=[publish.SCOPE])
    waits = Exists(published.filter(is_confirmed=False)) | (
        Exists(StockAdvice.objects.filter(**here)) & ~Exists(published)
    )
    yield from lets_us.filter(waits).values_list("pk", flat=True)
