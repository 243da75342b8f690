"""What is promised of the whole: stable months stay quiet, a shift is seen within the week."""

import numpy as np
import pandas as pd

from pipelines.stats.drift.findings import Finding
from pipelines.stats.drift.persistence import lasting
from pipelines.stats.drift.table import compare

FEATURES, ROWS, WEEKS, MONTHS = 12, 200, 8, 8
GROUPS = np.repeat(np.arange(WEEKS), ROWS)


def rows(rng: np.random.Generator, count: int, shift: float = 0.0) -> pd.DataFrame:
    """Draw figures of four shapes, two kinds of names and a count."""
    normal = rng.normal(size=(count, FEATURES)) + shift
    frame = pd.DataFrame(normal, columns=[f"f{n}" for n in range(FEATURES)])
    frame[["f3", "f4", "f5"]] = np.exp(frame[["f3", "f4", "f5"]])
    frame["f6"] = frame["f6"].round(1)
    return frame


def with_names(frame: pd.DataFrame) -> pd.DataFrame:
    """Let some features be names, one of them rare, and a count."""
    return frame.assign(
        f8=(frame["f8"] > 2.3).astype(float),
        f9=np.select([frame["f9"] < -0.5, frame["f9"] < 1.2], ["phone", "desk"], "tablet"),
        f10=np.floor(np.exp(frame["f10"])),
    )


def days(rng: np.random.Generator, count: int, shift: float, mixed: bool) -> list[pd.Series]:
    """Judge days, each against eight of its own weekday, which a week apart are the same in part."""
    make = with_names if mixed else pd.DataFrame
    pasts = [[make(rows(rng, ROWS)) for _ in range(WEEKS)] for _ in range(7)]
    found = []
    for day in range(count):
        past, current = pasts[day % 7], make(rows(rng, ROWS, shift))
        found.append(compare(pd.concat(past), current, GROUPS)["finding"])
        pasts[day % 7] = [*past[1:], current]
    return found


def ever(found: list[pd.Series], feature: str) -> bool:
    """Tell whether a feature's drift lasted on any day."""
    windows = [day[feature] for day in found]
    return any(lasting(windows[: n + 1]) in (Finding.DRIFT, Finding.BREACH) for n in range(len(windows)))


def test_stable_months_raise_no_lasting_alarm() -> None:
    """Single days may drift, in all features together one in twenty."""
    rng, alarms = np.random.default_rng(0), 0
    for _ in range(MONTHS):
        found = days(rng, 30, shift=0.0, mixed=True)
        assert not any(ever(found, feature) for feature in found[0].index)
        assert not any(Finding.BREACH in set(day) for day in found)
        alarms += sum(Finding.DRIFT in set(day) for day in found)
    assert alarms <= 18  # of 240 days: 12 expected at most, and what chance adds to it


def test_half_a_deviation_lasts_within_a_week() -> None:
    rng = np.random.default_rng(1)
    weeks = [days(rng, 7, shift=0.5, mixed=False) for _ in range(3)]
    assert np.mean([ever(week, feature) for week in weeks for feature in week[0].index]) > 0.9
