"""When things happen by themselves: one line a job. Times are UTC."""

from datetime import timedelta

from django.utils import timezone

from pipelines.jobs import (
    alerts,
    chart_marks,
    hold_outs,
    ingest,
    ledger,
    monitoring,
    privacy,
    queue,
    releases,
    results,
    staging,
    storefront,
    training,
    visits,
)
from pipelines.jobs.queue import Scheduler, job

HEARTBEAT = "shopmlops:heartbeat"
SLOTS_KEPT = timedelta(days=2)


def scheduler() -> Scheduler:
    """Return the clock with every periodic job on it."""
    clock = Scheduler()
    clock.add("heartbeat", heartbeat, every=30)
    clock.add("deliveries: drain", ingest.drain, every=2)
    clock.add("imports: carry on", ingest.carry_on, every=5)
    clock.add("facts: read again", ingest.read_again, every=15)
    clock.add("imports: find due", ingest.begin, every=60)
    clock.add("privacy: forget", privacy.forget, every=3600)
    clock.add("retention: end lives", privacy.end_lives, every=86_400)
    clock.add("ledger: sign heads", ledger.sign_heads, every=3600)
    clock.add("storefront: keep pixels", storefront.keep_pixels, every=60)
    clock.add("codes: check", storefront.find_codes, every=60)
    clock.add("sales: read", storefront.find_sales, every=14_400)
    clock.add("checkouts: settle", storefront.settle, every=60)
    clock.add("training: carry on", training.carry_on, every=60)
    clock.add("moments: ask", monitoring.ask_ourselves, every=300)
    clock.add("answers: sum up", monitoring.sum_up, every=300)
    clock.add("figures: measure", monitoring.measure, every=900)
    clock.add("figures: what was late", monitoring.measure_late, every=86_400)
    clock.add("pages: how fast", monitoring.page_speed, every=3600)
    clock.add("evidence: keep up", monitoring.keep_up, every=86_400)
    clock.add("hold-outs: keep", hold_outs.keep, every=600)
    clock.add("visits: count", visits.keep, every=600)
    clock.add("results: work out", results.carry_on, every=600)
    clock.add("test stores: carry on", staging.carry_on, every=60)
    clock.add("alerts: keep", alerts.keep, every=60)
    clock.add("alerts: send", alerts.send_due, every=15)
    clock.add("releases: measure what is asked", releases.measure_asked, every=86_400)
    clock.add("releases: keep time", releases.keep_time, every=60)
    clock.add("charts: mark", chart_marks.carry_on, every=60)
    clock.add("releases: look back", releases.look_back, every=3600)
    return clock


@job(timeout=60)
def heartbeat() -> None:
    """Note that clock, queue and worker work together; forget old ticks."""
    from pipelines.lifecycle.evidence import windows
    from pipelines.models import CronSlot

    now = timezone.now()
    queue.connection().set(HEARTBEAT, now.isoformat())
    CronSlot.objects.filter(slot__lt=now - SLOTS_KEPT).exclude(job=windows.SUMS_UP).delete()
    CronSlot.objects.filter(slot__lt=now - windows.LOOKS_BACK).delete()
