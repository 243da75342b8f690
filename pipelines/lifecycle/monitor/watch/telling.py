"""Tell a shop that its data is old, and that what a model is told has drifted: each once while it lasts, with what now.

Neither takes a version back by itself. What would be trained, worked out or moved on old data is skipped until it is
fresh, and this is where that is said.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max, Q

from pipelines import words
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.ingest import freshness
from pipelines.lifecycle.monitor.expected import METRIC
from pipelines.lifecycle.monitor.retrain import PREDICTION
from pipelines.lifecycle.monitor.watch import moved, own_doing
from pipelines.models import Alert, Deployment, Measurement, Shop, ShopSettings, SyncRun
from pipelines.stats.drift.findings import CHANGED, Finding
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase

STALE = "data:stale"
LASTING, ALL = "drift_lasting", "all"
UNLIKE = "In three of the last five windows they looked unlike the same weekdays of the eight weeks before."
ALONE, CHOSEN = "This alone takes no version back.", "You chose that a large one takes the live version back."
TRAINED = "Nothing to do now: a new version is trained at once, outside of the schedule, and you are asked."
COMES_BACK = (
    "Nothing to do now: a new version was trained since this began, and the weekly training learns from it as well."
)
SKIPPED = (
    "Nothing is trained, worked out anew or moved on data older than 26 hours: it is skipped, and caught up with once "
    "the data is fresh. What runs goes on as it is, and a rollback still goes through."
)


def stale(now: datetime) -> int:
    """Tell the shops whose orders were read too long ago, and those whose data is fresh again; return how many wait."""
    done = Q(kind__in=freshness.ORDER_PULLS, state=SyncRun.State.DONE, shop__in=Shop.objects.installed())
    newest = dict(SyncRun.objects.filter(done).values_list("shop").annotate(at=Max("finished_at")))
    late = {shop: at for shop, at in newest.items() if now - at > freshness.LIMIT}
    for shop_id, at in late.items():
        tell_stale(shop_id, at, now)
    for shop_id in Alert.objects.open().filter(key=STALE).exclude(shop__in=late).values_list("shop", flat=True):
        board.close(shop_id, STALE, now)
    return len(late)


def tell_stale(shop_id: int, at: datetime, now: datetime) -> None:
    """Say since when orders have not been read, and what waits for that."""
    age = words.duration(3600 * ((now - at).total_seconds() // 3600))
    board.tell(
        shop_id,
        STALE,
        title=f"Your newest orders were read {age} ago",
        text=SKIPPED,
        next_step="See Data for what stopped the import. We try again by ourselves; open the app once, so that Shopify "
        "lets us in.",
        now=now,
    )


def drift(shop: Shop, use_case: str, now: datetime) -> list[str]:
    """Tell which features drift for good, or that none does any more; return their names."""
    case = USE_CASES[use_case]
    key, watched = f"{board.DRIFT}{use_case}", case.monitored
    features = lasting(shop, use_case)
    names = [watched.name_of(each) for each in features] if watched else []
    if not names:
        board.close(shop, key, now)
        return []
    chosen = ShopSettings.of(shop).drift_limit(use_case) is not None
    is_known = own_doing.comes_back(shop, use_case, features)
    likely = own_doing.told(shop, use_case, features, now)
    rest = " ".join(filter(None, (likely, UNLIKE, CHOSEN if chosen else ALONE)))
    board.tell(
        shop,
        key,
        title=f"{case.title}: {', '.join(names)} are not as they were",
        text=f"{moved.told(shop, use_case, features, moved.ROOM - len(rest) - 1)} {rest}".strip(),
        next_step=COMES_BACK if is_known else TRAINED,
        severity=board.Severity.INFO if is_known else board.Severity.WARNING,
        use_case=use_case,
        now=now,
    )
    return names


def expected(shop: Shop, use_case: str, now: datetime) -> None:
    """Tell that the chances of what runs tell other than usual who orders, before it is known; or that it is over."""
    key, version = f"expected:{use_case}", Deployment.of(shop, use_case).active_id
    mine = Measurement.objects.for_shop(shop).filter(use_case=use_case, version=version, metric=METRIC, release=None)
    newest = mine.order_by("-starts_at").first() if version else None
    if newest is None or newest.verdict != Finding.DRIFT or newest.value is None or newest.low is None:
        board.close(shop, key, now)
        return
    case = USE_CASES[use_case]
    board.tell(
        shop,
        key,
        title=f"{case.title}: its answers may tell {'less' if newest.value < newest.low else 'more'} than they did",
        text="So its own chances say, before anybody knows who orders. Other visitors may be the reason as well.",
        next_step=f"Nothing to do now. Look under Monitoring in {words.counted(days_of(case), 'day')}: by then it is "
        "known who ordered.",
        severity=board.Severity.INFO,
        use_case=use_case,
        now=now,
    )


def days_of(case: UseCase) -> int:
    """Return after how many days an outcome is known for good."""
    return case.monitored.matures_after.days if case.monitored else 0


def lasting(shop: Shop, use_case: str) -> list[str]:
    """Name the features of which the newest window says that they drift for good."""
    mine = Measurement.objects.for_shop(shop).filter(use_case=use_case, metric=LASTING, version=None, release=None)
    newest = mine.exclude(segment__in=(PREDICTION, ALL)).order_by("segment", "-starts_at").distinct("segment")
    return [segment for segment, verdict in newest.values_list("segment", "verdict") if verdict in CHANGED]
