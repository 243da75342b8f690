"""How long Home, Forecasts and orders take with 50,000 variants, what a browser sees, and what the web process weighs.

The reference is an empty Django view behind the same door: what every page costs before it says anything.
"""

from __future__ import annotations

import statistics
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.checks import Check, Say, at_most
from benchmarks.ingest import web_process
from benchmarks.rig.merchant import REFERENCE, a_shop, collect_static, id_token, timed
from benchmarks.rig.scratch import scratch_database
from pipelines.ops import chromium, demo_settings

VARIANTS, ORDERS, LINES_PER_ORDER, ROUNDS = 50_000, 60_000, 3, 25
MOST, MOST_OF_A_SEARCH = 3, 6  # times the empty view
PAGES = {
    "home": "/",
    "forecasts": "/forecasts",
    "forecasts_search": "/forecasts?q=jacket+slate",
    "forecasts_filter": "/forecasts?show=order_this_week&sort=runs_out",
    "forecasts_last_page": f"/forecasts?page={VARIANTS // 50}",
    "orders": "/orders",
}
LARGE, TO_ORDER, LARGE_ROUNDS = "Larch Supply", 10_000, 7  # a vendor of which so many variants run short
MOST_OF_A_LARGE_ORDER = 20  # times the empty view
SMALLEST = "/progress?mark="  # has text to paint
MOST_PAINT = 4  # times the smallest page
COMPILED = ("numpy", "pandas", "scipy", "lightgbm", "pyarrow")
OBSERVE = """
window.seen = {lcp: 0, cls: 0};
new PerformanceObserver((list) => { for (const e of list.getEntries()) window.seen.lcp = e.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => { for (const e of list.getEntries()) window.seen.cls += e.value; })
  .observe({type: "layout-shift", buffered: true});
"""


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Fill a shop, ask for its pages, look at them in Chromium, and weigh the process that answered."""
    with scratch_database():
        secrets = demo_settings.demo_secrets(settings.STATE_DIR)
        say(f"filling a shop with {VARIANTS:,} variants and {ORDERS:,} orders")
        fill()
        collect_static(secrets)
        with web_process(secrets, "benchmarks.rig.reference.settings") as port:
            checks = served(port, secrets, say) + ordered(port, secrets, say)
            checks += painted(port, secrets, say)
            return checks + weighed(port)


# Server


def served(port: int, secrets: dict[str, str], say: Say) -> list[Check]:
    """Take turns between all pages and the reference; report medians."""
    taken: dict[str, list[float]] = {name: [] for name in ("reference", *PAGES)}
    for number in range(ROUNDS + 3):
        for name, path in {"reference": REFERENCE, **PAGES}.items():
            seconds = timed(port, path, secrets)
            if number >= 3:
                taken[name].append(1000 * seconds)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        say(f"{name}: {median:.0f} ms, slowest {max(taken[name]):.0f} ms")
    reference = medians.pop("reference")
    return [
        at_most(name, median, "ms", MOST_OF_A_SEARCH if "search" in name else MOST, reference)
        for name, median in medians.items()
    ]


def ordered(port: int, secrets: dict[str, str], say: Say) -> list[Check]:
    """Draft an order of thousands of variants again and again, and open its page, beside the reference."""
    from pipelines.models import PurchaseLine, PurchaseOrder

    taken: dict[str, list[float]] = {"reference": [], "large_order_drafted": [], "large_order": []}
    for number in range(LARGE_ROUNDS + 3):
        PurchaseOrder.objects.all().delete()
        seconds = [timed(port, REFERENCE, secrets)]
        seconds.append(timed(port, "/orders/draft", secrets, {"vendor": LARGE}))
        order = PurchaseOrder.objects.get()
        seconds.append(timed(port, f"/orders/{order.pk}", secrets))
        if PurchaseLine.objects.count() != TO_ORDER:
            raise RuntimeError(f"an order of {TO_ORDER:,} variants was not drafted whole")
        if number >= 3:
            for times, each in zip(taken.values(), seconds, strict=True):
                times.append(1000 * each)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        say(f"{name}: {median:.0f} ms, slowest {max(taken[name]):.0f} ms")
    reference = medians.pop("reference")
    return [at_most(name, median, "ms", MOST_OF_A_LARGE_ORDER, reference) for name, median in medians.items()]


# Browser


def painted(port: int, secrets: dict[str, str], say: Say) -> list[Check]:
    """Measure largest paint and layout shift in Chromium; Shopify's two scripts answer at once and do nothing."""
    program = chromium.program()
    if program is None:
        say(f"Not measured in a browser: {chromium.INSTALL}")
        return []
    from playwright.sync_api import sync_playwright

    checks = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=chromium.FLAGS)
        blank = [look(browser, f"http://127.0.0.1:{port}{SMALLEST}", secrets) for _ in range(3)]
        reference = statistics.median(each["lcp"] for each in blank)
        for name in ("home", "forecasts"):
            seen = [look(browser, f"http://127.0.0.1:{port}{PAGES[name]}", secrets) for _ in range(3)]
            paint, shift = statistics.median(each["lcp"] for each in seen), max(each["cls"] for each in seen)
            say(f"{name}: largest paint {paint:.0f} ms, layout shift {shift:.3f}")
            checks.append(at_most(f"{name}_largest_paint", paint, "ms", MOST_PAINT, reference))
            checks.append(at_most(f"{name}_layout_shift", shift, "", 0))
        browser.close()
    return checks


def look(browser: Any, address: str, secrets: dict[str, str]) -> dict[str, float]:
    """Open a page in a new browser profile and return what it saw."""
    headers = {"Authorization": f"Bearer {id_token(secrets)}"}
    context = browser.new_context(viewport={"width": 1280, "height": 900}, extra_http_headers=headers)
    page = context.new_page()
    page.add_init_script(OBSERVE)
    for script in (settings.APP_BRIDGE_URL, settings.POLARIS_URL):
        page.route(script, lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(address, wait_until="load")
    page.wait_for_timeout(500)
    seen: dict[str, float] = page.evaluate("window.seen")
    context.close()
    return seen


# Process


def weighed(port: int) -> list[Check]:
    """Weigh the processes that answered, and look for model libraries among the files they have loaded."""
    processes = [path for path in Path("/proc").iterdir() if path.name.isdigit() and listens_on(path, port)]
    heaviest = max(resident_mb(path) for path in processes)
    loaded = {
        name for path in processes for name in COMPILED if f"/site-packages/{name}/" in (path / "maps").read_text()
    }
    return [at_most("web_process", heaviest, "MB", 110), at_most("model_libraries_loaded", len(loaded), "libraries", 0)]


def listens_on(process: Path, port: int) -> bool:
    """Tell whether a process is part of the web server of that port."""
    try:
        command = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"shopmlops.server" in b" ".join(command) and str(port).encode() in command


def resident_mb(process: Path) -> float:
    """Return how much memory a process holds."""
    lines = (process / "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


# Rows


def fill() -> None:
    """Make a shop with a live version and its advice, by a handful of statements."""
    from pipelines.models import DatasetSnapshot, Deployment, ModelVersion, SyncRun
    from pipelines.models.usecases.demand_forecast import StockTotals

    now = timezone.now()
    shop = a_shop(now)
    SyncRun.objects.create(shop=shop, kind="orders", trigger="daily", state="done", finished_at=now)
    data = DatasetSnapshot.objects.create(shop=shop, use_case="demand_forecast", digest="0" * 64, last_day=now.date())
    facts = {"use_case": "demand_forecast", "number": 1, "state": "validated", "dataset": data}
    version = ModelVersion.objects.create(shop=shop, **facts, artifact_path="", artifact_digest="0" * 64, signature="")
    Deployment.objects.create(shop=shop, use_case="demand_forecast", active=version, active_since=now, revision=1)
    values: dict[str, Any] = {"shop": shop.pk, "version": version.pk, "origin": now.date() - timedelta(days=1)}
    values |= {"spark": SPARK, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(ADVICE, values)
        cursor.execute(ORDERS_SQL, values)
        cursor.execute(LINES_SQL, values)
        StockTotals.sum_up(shop)
        cursor.execute("VACUUM ANALYZE")


SPARK = (
    f'<svg class="spark" viewBox="0 0 128 30" role="img" aria-label="x"><path d="M{"62.8 23.5L65.2 9.8" * 70}"/></svg>'
)
ADVICE = f"""
INSERT INTO pipelines_stockadvice (shop_id, version_id, variant_id, location_id, origin, title, subtitle, sku, vendor,
    search, status, spark, sold_28, forecast_28, low_28, high_28, is_overridden, is_new, stock, incoming, committed,
    runs_out, days_of_cover, order_up_to, order_quantity, order_by, order_cost_minor, lost_units,
    at_risk_minor, overstock_minor, abc, is_dead, price_minor, unit_cost_minor, cost_is_estimated, rule, updated_at,
    demand_share, from_elsewhere, moved, kept)
SELECT %(shop)s, %(version)s, n, 0, %(origin)s, name, colour, 'SKU-' || n,
    CASE WHEN n %% 8 < 2 AND n <= 4 * {TO_ORDER} THEN '{LARGE}' ELSE 'Vendor ' || n %% 200 END,
    lower(name || ' ' || colour || ' SKU-' || n),
    (ARRAY['out_of_stock', 'order_today', 'order_this_week', 'too_much', 'few_sales', 'ok', 'ok', 'ok'])[1 + n %% 8],
    %(spark)s || n, n %% 90, (n * 7919 %% 10007) / 70.0, 3, 120, false, false, n %% 60, 0, 0,
    %(origin)s::date + (n %% 300)::int, 9, 9, 8, %(origin)s, n %% 9000,
    CASE WHEN n %% 8 < 2 THEN 1 ELSE 0 END, CASE WHEN n %% 8 < 2 THEN n * 7919 %% 100003 ELSE 0 END,
    0, 'A', false, 14900, 7750, false, '{{}}', %(now)s,
    1, 0, 0, '[[1, 5200.5], [2, 8100.2], [3, 9700.9], [4, 10400.1], [6, 10900.4], [8, 11100.7]]'
FROM (SELECT n, 'Thing ' || n || (ARRAY[' Jacket', ' Shell', ' Sock', ' Pack'])[1 + n %% 4] AS name,
    (ARRAY['Slate', 'Moss', 'Oat', 'Ink', 'Rust'])[1 + n %% 5] AS colour FROM generate_series(1, {VARIANTS}) AS n
) AS things
"""
ORDERS_SQL = f"""
INSERT INTO pipelines_order (shop_id, shopify_id, updated_at, source_id, name, created_at, processed_at, is_test,
    financial_status, fulfillment_status, source_name, currency, subtotal_minor, total_minor, discounts_minor,
    refunded_minor)
SELECT %(shop)s, n, at, '', '#' || n, at, at, false, 'paid', '', 'web', 'GBP', 9900, 9900, 0, 0
FROM (SELECT n, %(now)s - n * interval '2 minutes' AS at FROM generate_series(1, {ORDERS}) AS n) AS orders
"""
LINES_SQL = f"""
INSERT INTO pipelines_orderline (shop_id, line_id, order_id, variant_id, product_id, sku, title, quantity,
    current_quantity, removed, returned, price_minor, discount_minor, is_gift_card, needs_shipping, processed_at)
SELECT %(shop)s, n, n / {LINES_PER_ORDER}, 1 + n * 7919 %% {VARIANTS}, 1, '', '', 1, 1, 0, 0, 3300, 0, false, true,
    %(now)s - n / {LINES_PER_ORDER} * interval '2 minutes'
FROM generate_series(1, {ORDERS * LINES_PER_ORDER}) AS n
"""
