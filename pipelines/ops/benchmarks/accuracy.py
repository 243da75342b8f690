"""How accurate the forecast is on real demand panels, through the code that training runs."""

from __future__ import annotations

from typing import Any

from pipelines.ops.benchmarks import Check, Say, at_most, within

BIAS = 0.08
COVERAGE = (0.92, 0.98)


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Score every panel in the folder; targets hold over all files, single files are told without."""
    from pipelines.usecases.demand_forecast import accuracy

    if not options["data"]:
        raise SystemExit("Give the folder of demand panels: manage.py benchmark accuracy --data DIR")
    found = accuracy.measure(
        options["data"], seed=options["seed"], progress=lambda share, words: say(f"{share:4.0%} {words}")
    )
    overall = found.pop("overall")
    say(f"seed {overall['seed']}")
    checks = [
        at_most("rmsse_vs_seasonal_naive", overall["rmsse_vs_seasonal_naive"], "ratio", 0.80),
        at_most("wape28_vs_seasonal_naive", overall["wape28_vs_seasonal_naive"], "ratio", 0.80),
        within("bias", overall["bias"], "share", -BIAS, BIAS),
        at_most("rmsse_vs_prophet_per_sku", overall["rmsse_vs_prophet_per_sku"], "ratio", 0.94),
        within("coverage95_14d", overall["coverage95_14d"], "share", *COVERAGE),
    ]
    names = [check.name for check in checks]
    return checks + [
        Check(f"{file}.{name}", figures[name], "share" if name in ("bias", "coverage95_14d") else "ratio")
        for file, figures in found.items()
        for name in names
    ]
