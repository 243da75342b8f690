"""All features of a window are judged in one call, and nothing is green for want of data."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, wasserstein_distance

from pipelines.stats.drift.findings import Finding, Problem
from pipelines.stats.drift.table import COLUMNS, compare

OK, DRIFT, BREACH, FEW, NONE = Finding.OK, Finding.DRIFT, Finding.BREACH, Finding.INSUFFICIENT, Finding.NO_DATA


def shop(rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "value": np.exp(rng.normal(3, 1, rows)),
            "items": rng.poisson(3, rows),
            "flag": (rng.random(rows) < 0.01).astype(int),
            "device": rng.choice(["phone", "desk", "tablet"], rows, p=[0.6, 0.35, 0.05]),
            "returning": rng.random(rows) < 0.3,
        }
    )


REFERENCE, CURRENT = shop(1600), shop(200, seed=1)
WEEKS = np.repeat(np.arange(8), 200)


def findings(reference: pd.DataFrame, current: pd.DataFrame) -> dict[str, Finding]:
    return compare(reference, current)["finding"].to_dict()


def with_values(name: str, values: object) -> pd.DataFrame:
    return CURRENT.assign(**{name: values})


def test_a_usual_window_is_fine() -> None:
    table = compare(REFERENCE, CURRENT, WEEKS)
    assert list(table.columns) == COLUMNS
    assert set(table["finding"]) == {OK}


def test_of_what_is_told_once_the_other_rows_lack_nothing() -> None:
    size = pd.Series(np.where(np.arange(1600) % 2, np.nan, REFERENCE["items"]))
    lately = pd.Series(np.where(np.arange(400) % 4, np.nan, np.tile(CURRENT["items"], 2)))
    reference, current = (
        REFERENCE.assign(size=size),
        pd.concat([CURRENT, CURRENT], ignore_index=True).assign(size=lately),
    )
    assert compare(reference, current, WEEKS).loc["size", "problem"] is Problem.MISSING
    told = compare(reference, current, WEEKS, ["size"]).loc["size"]
    held = compare(size.dropna().to_frame("size"), lately.dropna().to_frame("size"), WEEKS[size.notna()]).loc["size"]
    assert told["problem"] is None and (told["m"], told["n"]) == (800, 100)
    assert (told["psi"], told["p"], told["threshold"]) == (held["psi"], held["p"], held["threshold"])
    assert compare(reference, current.assign(size=np.nan), WEEKS, ["size"]).loc["size", "finding"] is NONE


def test_its_distances_are_scipys() -> None:
    rng = np.random.default_rng(4)
    reference = pd.DataFrame(rng.normal(size=(900, 4)) * [1, 3, 0.1, 1], columns=list("abcd"))
    current = pd.DataFrame(rng.normal([0, 0.1, 1, 0.3], size=(700, 4)), columns=list("abcd"))
    reference.loc[:50, "d"] = np.nan
    table = compare(reference, current)
    for name in "abcd":
        old, new = reference[name].dropna(), current[name]
        test = ks_2samp(old, new, method="asymp")
        found = table.loc[name, ["ks", "ks_p", "wasserstein"]].astype(float).tolist()
        assert found == pytest.approx([test.statistic, test.pvalue, wasserstein_distance(old, new)], abs=1e-12)
        assert table.loc[name, "wasserstein_sd"] == pytest.approx(found[2] / old.std(ddof=0))


def test_the_frames_are_left_alone() -> None:
    reference, current = REFERENCE.copy(), CURRENT.copy()
    compare(reference, current, WEEKS)
    pd.testing.assert_frame_equal(reference, REFERENCE)
    pd.testing.assert_frame_equal(current, CURRENT)


def test_the_reference_as_current_has_not_moved() -> None:
    table = compare(REFERENCE, REFERENCE, WEEKS)
    assert set(table["finding"]) == {OK}
    assert table[["psi", "jensen_shannon"]].to_numpy(dtype=float) == pytest.approx(0.0, abs=1e-9)
    assert table.loc["value", ["ks", "wasserstein"]].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("value", CURRENT["value"] * 2),
        ("items", CURRENT["items"] + 2),
        ("device", ["desk"] * 150 + ["phone"] * 50),
        ("returning", ~CURRENT["returning"]),
        ("value", CURRENT["value"].where(np.arange(200) % 6 > 0)),  # a sixth is missing, as never before
    ],
)
def test_what_has_moved_drifts_and_nothing_else(name: str, values: object) -> None:
    found = findings(REFERENCE, with_values(name, values))
    assert {feature for feature, finding in found.items() if finding is DRIFT} == {name}
    assert {finding for feature, finding in found.items() if feature != name} == {OK}


@pytest.mark.parametrize(
    ("name", "values", "problem"),
    [
        ("value", np.nan, Problem.MISSING),
        ("value", np.inf, Problem.MISSING),
        ("value", "expensive", Problem.UNSEEN),
        ("value", ["expensive", 3.0] * 100, Problem.UNSEEN),
        ("value", 9.5, Problem.CONSTANT),
        ("device", "television", Problem.UNSEEN),
        ("device", [None, "phone"] * 100, Problem.MISSING),
        ("device", "phone", Problem.CONSTANT),
        ("device", 3, Problem.UNSEEN),
    ],
)
def test_a_broken_feature_is_a_breach_and_spares_the_others(name: str, values: object, problem: Problem) -> None:
    table = compare(REFERENCE, with_values(name, values))
    assert table.loc[name, "problem"] is problem and table.loc[name, "finding"] is BREACH
    assert set(table["finding"].drop(name)) == {OK}


def test_a_feature_that_is_gone_is_missing_and_a_new_one_cannot_be_judged() -> None:
    found = findings(REFERENCE, CURRENT.drop(columns="items").assign(margin=1.5))
    assert (found["items"], found["margin"]) == (BREACH, FEW)


def test_a_flag_that_is_rare_stays_fine_without_any() -> None:
    assert findings(REFERENCE, with_values("flag", 0))["flag"] is OK


@pytest.mark.parametrize("rows", [1, 35, 199])
def test_too_few_rows_are_not_enough_to_say_that_all_is_well(rows: int) -> None:
    assert set(findings(REFERENCE, CURRENT[:rows]).values()) == {FEW}
    assert set(findings(CURRENT[:rows], CURRENT).values()) == {FEW}


def test_few_rows_still_show_a_breach() -> None:
    assert findings(REFERENCE, with_values("value", np.nan)[:35])["value"] is BREACH


def test_no_rows_are_no_data() -> None:
    table = compare(REFERENCE, CURRENT[:0])
    assert set(table["finding"]) == {NONE}
    assert table.drop(columns=["n", "m", "finding", "problem"]).isna().all(axis=None)


def test_without_a_reference_nothing_is_known() -> None:
    assert set(findings(REFERENCE[:0], CURRENT).values()) == {FEW}


def test_a_feature_that_always_was_missing_is_not_green() -> None:
    reference, current = REFERENCE.assign(value=np.nan), with_values("value", np.nan)
    assert findings(reference, current)["value"] is FEW


def test_a_feature_that_always_was_constant_is_fine_until_it_moves() -> None:
    reference = REFERENCE.assign(value=1.0)
    assert findings(reference, with_values("value", 1.0))["value"] is OK
    assert findings(reference, with_values("value", [1.0, 2.0] * 100))["value"] is DRIFT


def test_missing_names_in_object_columns_stay_missing() -> None:
    reference = REFERENCE.assign(device=REFERENCE["device"].astype(object).where(np.arange(1600) % 10 > 0, np.nan))
    current = CURRENT.assign(device=CURRENT["device"].astype(object).where(np.arange(200) % 10 > 0, None))
    row = compare(reference, current).loc["device"]
    assert (row["missing"], row["unseen"], row["finding"]) == (0.1, 0.0, OK)


def test_days_that_differ_among_themselves_raise_the_threshold() -> None:
    rng = np.random.default_rng(6)
    levels = np.repeat(rng.normal(0, 0.6, 8), 200)
    reference = pd.DataFrame({"value": rng.normal(size=1600) + levels})
    current = pd.DataFrame({"value": rng.normal(size=200) + 0.5})
    alone, among_days = compare(reference, current).iloc[0], compare(reference, current, WEEKS).iloc[0]
    assert alone["finding"] is DRIFT and among_days["finding"] is OK
    assert among_days["threshold"] > alone["threshold"] >= 0.1


def test_swapped_sides_say_the_same_distances() -> None:
    one = compare(REFERENCE, CURRENT.assign(value=CURRENT["value"] * 2)).loc["value"]
    other = compare(CURRENT.assign(value=CURRENT["value"] * 2), REFERENCE).loc["value"]
    assert one[["ks", "ks_p", "wasserstein"]].tolist() == pytest.approx(other[["ks", "ks_p", "wasserstein"]].tolist())
    assert (one["finding"], other["finding"]) == (DRIFT, DRIFT)
