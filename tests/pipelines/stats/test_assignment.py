"""A unit's arm depends on the seed and its id alone, one at a time as many at once."""

import hashlib
import subprocess
import sys
import time
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare

from pipelines.stats.assignment import CANARY, CONTROL, arm, bucket, digest, holds_out
from pipelines.stats.assignment_many import arms, buckets, held_out

# The "hash" cases of hash version 2 in GrowthBook's packages/sdk-js/test/cases.json: seed, value, expected.
GROWTHBOOK = [
    ("seed", "a", 0.0505),
    ("seed", "b", 0.2696),
    ("foo", "ab", 0.2575),
    ("foo", "def", 0.2019),
    ("89123klj", "8952klfjas09ujkasdf", 0.124),
    ("90850943850283058242805", "123", 0.7516),
    ("()**(%$##$%#$#", '___)((*":&', 0.0128),
]
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
IDS = [digest(str(number)).hex() for number in range(20_000)]


@pytest.mark.parametrize(("seed", "value", "expected"), GROWTHBOOK)
def test_buckets_are_growthbooks(seed: str, value: str, expected: float) -> None:
    assert bucket(seed, value) == expected
    assert buckets(seed, [value]).tolist() == [expected]


@settings(deadline=None)
@given(TEXTS, st.lists(TEXTS, max_size=30))
def test_many_units_are_bucketed_as_one_by_one(seed: str, units: list[str]) -> None:
    assert buckets(seed, units).tolist() == [bucket(seed, unit) for unit in units]


@settings(deadline=None)
@given(st.text("0123456789abcdef", max_size=16), st.lists(st.binary(min_size=16, max_size=16), max_size=30))
def test_bytes_of_hex_are_bucketed_as_their_text(seed: str, digests: list[bytes]) -> None:
    names = [digest.hex() for digest in digests]
    expected = [bucket(seed, name) for name in names]
    assert buckets(seed, np.array([name.encode() for name in names], dtype="S32")).tolist() == expected
    assert buckets(seed, np.array(names, dtype=object)).tolist() == expected


def test_more_units_than_fit_the_cache_are_bucketed_alike() -> None:
    assert buckets("s", IDS).tolist() == [bucket("s", unit) for unit in IDS]


def test_buckets_are_spread_evenly_and_two_seeds_know_nothing_of_each_other() -> None:
    one, other = buckets("one", IDS), buckets("other", IDS)
    table, _, _ = np.histogram2d(one, other, bins=10, range=[[0, 1], [0, 1]])
    assert chisquare(table.ravel()).pvalue > 0.001


@settings(deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_unit_in_the_canary_stays_when_the_weight_rises(u: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert arm(u, low) != CANARY or arm(u, high) == CANARY
    assert (arm(u, low) == CONTROL) == (u >= 0.5) == (arm(u, high) == CONTROL)
    assert arms(np.array([u]), high).tolist() == [arm(u, high)]


@pytest.mark.parametrize("weight", [-0.01, 0.51, 5, float("nan")])
def test_a_weight_outside_its_bounds_is_refused_with_a_sentence(weight: float) -> None:
    with pytest.raises(ValueError, match=r"share between 0 and 0\.5 of all units"):
        arm(0.1, weight)
    with pytest.raises(ValueError, match=r"share between 0 and 0\.5 of all units"):
        arms(np.array([0.1]), weight)


def test_the_hold_out_is_independent_of_the_arms_of_a_release() -> None:
    kept = [holds_out("its own seed", unit, 0.1) for unit in IDS]
    assert held_out("its own seed", IDS, 0.1).tolist() == kept
    assert mean(kept) == pytest.approx(0.1, abs=0.012)
    for seed in ("seed", "release 2", "0f" * 8):
        of_rest = [bucket(seed, unit) for unit, is_kept in zip(IDS, kept, strict=True) if not is_kept]
        of_kept = [bucket(seed, unit) for unit, is_kept in zip(IDS, kept, strict=True) if is_kept]
        table = [np.histogram(each, bins=[0, 0.05, 0.5, 1])[0] for each in (of_rest, of_kept)]
        assert chi2_contingency(table).pvalue > 0.001


def test_whoever_is_held_out_stays_so_while_the_share_grows() -> None:
    shares = [[holds_out("seed", unit, share) for unit in IDS[:500]] for share in (0.0, 0.05, 0.2, 1.0)]
    assert not any(shares[0]) and all(shares[3])
    assert all(more or not less for less, more in zip(shares[1], shares[2], strict=True))


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_hold_out_outside_its_bounds_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="hold-out"):
        holds_out("seed", "unit", share)
    with pytest.raises(ValueError, match="hold-out"):
        held_out("seed", ["unit"], share)


def test_units_that_are_not_text_are_refused() -> None:
    with pytest.raises(ValueError, match="list of text or bytes"):
        buckets("seed", np.array([1, 2, 3]))


def test_digests_are_sixteen_bytes_and_differ() -> None:
    assert len(set(IDS)) == len(IDS)
    assert {len(unit) for unit in IDS} == {32}


def test_one_unit_costs_no_more_than_a_few_dozen_plain_hashes() -> None:
    assert _cost(lambda: [bucket("0123456789abcdef", unit) for unit in IDS[:2000]], IDS[:2000]) < 60


def test_of_many_units_each_costs_less_than_a_plain_hash() -> None:
    units = np.array(IDS * 5, dtype="S32")
    assert _cost(lambda: buckets("0123456789abcdef", units), units.tolist()) < 1


def test_the_web_process_gets_no_numpy_with_an_arm() -> None:
    code = "import sys, pipelines.stats.assignment, pipelines.stats.inference.power; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def _cost(work, units) -> float:
    """Give the time of some work over that of hashing its units, the best of three rounds each, in turns."""
    rounds = [(_time(work), _time(lambda: [_plain_hash(unit) for unit in units])) for _ in range(3)]
    ours, plain = map(min, zip(*rounds, strict=True))
    return ours / plain


def _plain_hash(unit) -> float:
    raw = unit if isinstance(unit, bytes) else unit.encode()
    return int.from_bytes(hashlib.sha256(raw).digest()[:8]) / 2**64


def _time(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
