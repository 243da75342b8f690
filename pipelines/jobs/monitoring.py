"""What runs is watched: once a day hours and reports are brought up to date, and what was counted once is forgotten."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(timeout=600)
def keep_up() -> None:
    """Have peak hours learned, what runs judged, closed evidence restated; sum up what was late, and what it took."""
    from django.utils import timezone

    from pipelines.lifecycle import due, spending
    from pipelines.lifecycle.evidence import answers, blocks, exposures
    from pipelines.lifecycle.evidence.asked import correcting
    from pipelines.models import Shop

    now = timezone.now()
    for shop_id in Shop.objects.installed().values_list("pk", flat=True):
        learn_peak_hours.enqueue(shop_id)
    for shop_id, use_case in due.watched():
        judge.enqueue(shop_id, use_case)
    for shop_id, use_case in correcting.due():
        correct.enqueue(shop_id, use_case)
    for shop_id, release_id in blocks.seen_lately(now):
        restate.enqueue(shop_id, release_id)
    answers.sum_up(now, answers.LOOKS_FAR_BACK)
    spending.sum_up_answers(now)
    exposures.forget_between()


@job(timeout=240)
def sum_up() -> None:
    """Count what was answered in the last hours, and while nobody counted."""
    from django.utils import timezone

    from pipelines.lifecycle.alerts import pulses
    from pipelines.lifecycle.evidence import answers

    now = timezone.now()
    answers.sum_up(now, pulses.missed("answers", now, answers.LOOKS_BACK, answers.LOOKS_FAR_BACK))
    pulses.beat("answers", now)


@job(timeout=600)
def measure() -> None:
    """Measure the hours and days that ended lately or unmeasured, and tell where what runs does badly."""
    from django.utils import timezone

    from pipelines.lifecycle.alerts import pulses
    from pipelines.lifecycle.monitor import measure as stage
    from pipelines.lifecycle.monitor.watch import answers, door, silence, telling

    now = timezone.now()
    stage.measure(now, pulses.missed("measure", now, stage.LOOKS_BACK, stage.LOOKS_FAR_BACK))
    answers.look(now)
    door.look(now)
    silence.look(now)
    telling.stale(now)
    pulses.beat("measure", now)


@job(timeout=1800)
def measure_late() -> None:
    """Measure what no pass of the last two days found, and what came late."""
    from django.utils import timezone

    from pipelines.lifecycle.monitor import measure as stage

    stage.measure(timezone.now(), stage.LOOKS_FAR_BACK)


@job()
def page_speed() -> None:
    """See whether merchants' pages come near Shopify's limits."""
    from django.utils import timezone

    from pipelines.lifecycle.pages import speed

    speed.look(timezone.now())


@job(queue="training", timeout=1800, is_found_again=True)
def judge(shop_id: int, use_case: str) -> None:
    """Judge how near those who spoke came, and whether what they are told and say is still usual."""
    from django.utils import timezone

    from pipelines.lifecycle import spending
    from pipelines.lifecycle.data import dataset
    from pipelines.lifecycle.monitor import accuracy, chances, drifts
    from pipelines.lifecycle.monitor.watch import busiest, costing, levels, telling
    from pipelines.models import Shop
    from pipelines.usecases import USE_CASES

    shop, now = Shop.objects.get(pk=shop_id), timezone.now()
    with spending.noted(shop, use_case, spending.What.WATCH):
        facts = None
        if USE_CASES[use_case].serves == "batch":
            facts = dataset.read(dataset.Source(shop, now), use_case)
            if accuracy.is_judged(use_case):
                accuracy.judge(shop, use_case, facts, now)
            if levels.are_watched(use_case):
                levels.look(shop, use_case, facts, now)
        if chances.are_said(use_case):
            chances.judge(shop, use_case, now)
            telling.expected(shop, use_case, now)
            if busiest.is_watched(use_case):
                busiest.look(shop, use_case, now)
        till = USE_CASES[use_case].till
        if till and till.paying:
            costing.look(shop, use_case, now)
        drifts.look(shop, use_case, facts, now)
        telling.drift(shop, use_case, now)
    compare_circumstances.enqueue(shop_id, use_case)


@job(queue="training", timeout=1800, is_found_again=True)
def compare_circumstances(shop_id: int, use_case: str) -> None:
    """See whether the newest version still fits what it was learned for."""
    from django.utils import timezone

    from pipelines.lifecycle.data import dataset
    from pipelines.lifecycle.monitor import circumstances
    from pipelines.models import Shop
    from pipelines.usecases import USE_CASES

    monitored, now = USE_CASES[use_case].monitored, timezone.now()
    if monitored and monitored.circumstances:
        shop = Shop.objects.get(pk=shop_id)
        circumstances.look(shop, use_case, dataset.read(dataset.Source(shop, now), use_case), now)


@job(queue="training", timeout=1800, is_found_again=True)
def correct(shop_id: int, use_case: str) -> None:
    """Let what answers follow what came of what it was asked about, between two trainings."""
    from django.utils import timezone

    from pipelines.lifecycle import spending
    from pipelines.lifecycle.evidence.asked import correcting
    from pipelines.models import Shop

    shop = Shop.objects.get(pk=shop_id)
    with spending.noted(shop, use_case, spending.What.WATCH):
        correcting.correct(shop, use_case, timezone.now())


@job(is_found_again=True)
def learn_peak_hours(shop_id: int) -> None:
    """Learn a shop's peak hours again; what goes wrong with it is not the others' affair."""
    from django.utils import timezone

    from pipelines.lifecycle.evidence import peaks
    from pipelines.models import Shop

    peaks.learn(Shop.objects.get(pk=shop_id), timezone.now())


@job(is_found_again=True)
def restate(shop_id: int, release_id: int) -> None:
    """Write beside a release's closed evidence what cancellations and refunds made of it."""
    from django.utils import timezone

    from pipelines.lifecycle.evidence import blocks
    from pipelines.models import Release

    row = Release.objects.for_shop(shop_id).select_related("shop").get(pk=release_id)
    blocks.restate_blocks(row, timezone.now())


@job()
def ask_ourselves() -> None:
    """Find the shops whose sessions and checkouts we ask about."""
    from pipelines.lifecycle.evidence.asked import asking

    for shop_id, use_case in asking.due():
        ask_about.enqueue(shop_id, use_case)


@job(timeout=240)
def ask_about(shop_id: int, use_case: str) -> None:
    """Ask about what was done of late, and tell of checkouts likely to be lost; the next pass asks what this missed."""
    from django.utils import timezone

    from pipelines.lifecycle.evidence.asked import asking, leaving
    from pipelines.models import Shop

    shop, now = Shop.objects.get(pk=shop_id), timezone.now()
    asking.ask(shop, use_case, now)
    leaving.tell(shop, use_case, now)
