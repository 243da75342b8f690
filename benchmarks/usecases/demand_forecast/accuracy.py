"""How accurate the forecast is on real demand panels, through the code that training runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.checks import Check, Say, at_least, at_most, within

BIAS = 0.05
MOST_OF_A_FILE = {"rmsse_vs_seasonal_naive": 0.85, "wape28_vs_seasonal_naive": 1.0}
DAYS = (7, 14, 21, 28, 56)
COVERAGE = {95: (0.94, 0.97), 90: (0.88, 0.93)}
LEAST_OF_A_KIND = 0.90
LEAST_OF_SLOW = {7: 0.90, 14: 0.90, 21: 0.90, 28: 0.90, 56: 0.80}


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Score every panel in the folder; targets hold over all files, wider ones for each."""
    from pipelines.usecases.demand_forecast.judging import accuracy

    if not options["data"]:
        raise SystemExit("Give the folder of demand panels: manage.py benchmark accuracy --data DIR")
    found = accuracy.measure(
        options["data"], seed=options["seed"], progress=lambda share, words: say(f"{share:4.0%} {words}")
    )
    overall = found.pop("overall")
    say(f"seed {overall['seed']}")
    checks = [
        at_most("rmsse_vs_seasonal_naive", overall["rmsse_vs_seasonal_naive"], "ratio", 0.77),
        at_most("wape28_vs_seasonal_naive", overall["wape28_vs_seasonal_naive"], "ratio", 0.79),
        within("bias", overall["bias"], "share", -BIAS, BIAS),
        at_most("rmsse_vs_prophet_per_sku", overall["rmsse_vs_prophet_per_sku"], "ratio", 0.90),
        *coverage(overall),
    ]
    names = [check.name for check in checks]
    return checks + [
        of_file(f"{file}.{name}", name, figures[name]) for file, figures in found.items() for name in names
    ]


def of_file(told: str, name: str, value: float | None) -> Check:
    """Check one file's figure where it has a limit, and tell the others."""
    if name in MOST_OF_A_FILE and value is not None:
        return at_most(told, value, "ratio", MOST_OF_A_FILE[name])
    return Check(told, value, "ratio" if "_vs_" in name else "share")


def coverage(figures: dict[str, Any]) -> Iterator[Check]:
    """Yield how often stock would have lasted, by horizon, beside what it takes over one error for all horizons."""
    for days in DAYS:
        for level, (low, high) in COVERAGE.items():
            name = f"coverage{level}_{days}d"
            yield within(name, figures[name], "share", low, high)
        least = {"worst_kind": LEAST_OF_A_KIND, "slow": LEAST_OF_SLOW[days]}
        for part, limit in least.items():
            value = figures[f"coverage95_{part}_{days}d"]
            if value is not None:
                yield at_least(f"coverage95_{part}_{days}d", value, "share", limit)
        yield Check(f"extra_stock_{days}d", figures[f"extra_stock_{days}d"], "share")
