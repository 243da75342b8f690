"""What learning costs in a real trial, how often ranges hold what is true, and a real bandit beside them.

The trial: as many decisions as it has rows, by the policy that the checkout asks; the arm of nothing sent is that of no
offer. What is gained is the share of the way from a random arm to the best one. What is explored on purpose is told
beside it: that share is the price of being able to weigh policies later.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t
from threadpoolctl import threadpool_limits

from benchmarks.checks import Check, Say, at_least
from benchmarks.usecases.offers.rig import bandit, logs, trial
from pipelines.stats.inference import off_policy
from pipelines.usecases.offers.fitted import EXPLORE

SEEDS, LOGS = 200, 500
GAINED, HELD = 0.92, 0.93
NORMAL = 1.96


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Run the trials in the folder, the simulated logs, and the bandit's logs."""
    if not options["data"]:
        raise SystemExit("Give the folder of real trials: manage.py benchmark offers --data DIR")
    folder, seed, checks = Path(options["data"]), options["seed"], list[Check]()
    began = time.monotonic()
    with threadpool_limits(1):
        for path in sorted((folder / "hillstrom").glob("*.parquet")):
            checks += of_trial(trial.read(path), seed, say)
        for law in logs.LAWS:
            checks += of_law(law, seed, say)
        for pair in bandit.pairs(folder / "open_bandit"):
            checks += of_bandit(pair, say)
    say(f"{time.monotonic() - began:.0f} s in all")
    return checks


def of_trial(given: trial.Trial, seed: int, say: Say) -> Iterator[Check]:
    """Yield what is gained while learning, with its range over the runs."""
    named = ", ".join(f"{arm} {rate:.4f}" for arm, rate in zip(given.arms, given.rates, strict=True))
    say(f"{given.name}: {given.rows} rows; {named}")
    plain = [trial.gain(given, seed * SEEDS + number) for number in range(SEEDS)]
    explored = [trial.gain(given, seed * SEEDS + number, EXPLORE) for number in range(SEEDS)]
    rejected = [trial.by_rejection(given, seed * SEEDS + number, 0.0) for number in range(SEEDS)]
    for name, found in (("", plain), ("_with_exploration", explored), ("_by_rejection", rejected)):
        mean, reach = float(np.mean(found)), range_of(found)
        say(f"{given.name}{name}: {mean:.3f} [{mean - reach:.3f}, {mean + reach:.3f}] over {len(found)} runs")
        if name:
            yield Check(f"trial_{given.name}.gain_while_learning{name}", mean, "share")
        else:
            yield at_least(f"trial_{given.name}.gain_while_learning", mean, "share", GAINED)
            yield Check(f"trial_{given.name}.gain_while_learning_low", mean - reach, "share")


def range_of(found: list[float]) -> float:
    """Give how far the range of a mean reaches to either side."""
    return float(t.ppf(0.975, len(found) - 1) * np.std(found, ddof=1) / np.sqrt(len(found)))


def of_law(law: logs.Law, seed: int, say: Say) -> Iterator[Check]:
    """Yield how often both ranges hold the truth, and how often the normal range of the same spread does."""
    rng = np.random.default_rng([seed, logs.LAWS.index(law)])
    held: dict[str, list[bool]] = {"snips": [], "doubly_robust": [], "normal": []}
    truth, unsaid, width = logs.truth(law, rng), 0, []
    for _ in range(LOGS):
        drawn = logs.draw(law, rng)
        both = {
            "snips": off_policy.snips(drawn.reward, drawn.weight, drawn.visitor),
            "doubly_robust": off_policy.doubly_robust(drawn.reward, drawn.weight, *logs.model_of(drawn), drawn.visitor),
        }
        for name, found in both.items():
            bounds = found.interval()
            if bounds is None:
                unsaid += 1
                continue
            held[name].append(bounds.low <= truth <= bounds.high)
            width.append((bounds.high - bounds.low) / truth)
        plain = both["snips"]
        held["normal"].append(bool(abs(plain.value - truth) <= NORMAL * plain.se))
    shares = {name: float(np.mean(each)) for name, each in held.items()}
    told = ", ".join(f"{name} {value:.3f}" for name, value in shares.items())
    say(f"{law.name}: {told}; width {np.median(width):.2f} of the value, {unsaid} of {2 * LOGS} not told")
    key = law.name.replace(", ", "_").replace(" ", "_")
    for name in ("snips", "doubly_robust"):
        yield at_least(f"{key}.{name}_held", shares[name], "share", HELD)
    yield Check(f"{key}.normal_held", shares["normal"], "share")
    yield Check(f"{key}.not_told", unsaid / (2 * LOGS), "share")


def of_bandit(pair: bandit.Pair, say: Say) -> Iterator[Check]:
    """Yield what the policy that learned is valued at, beside what it really brought."""
    found, came = bandit.told(pair)
    bounds = found.interval()
    reach = "not told: too few clicks" if bounds is None else f"[{bounds.low:.5f}, {bounds.high:.5f}]"
    say(f"{pair.name}: valued at {found.value:.5f} {reach}, it had {came:.5f}; worth {found.ess:.0f} decisions")
    yield Check(f"bandit_{pair.name}.snips", round(found.value, 6), "clicks", came)
    if bounds is not None:
        yield Check(f"bandit_{pair.name}.range_holds_it", float(bounds.low <= came <= bounds.high), "share")
