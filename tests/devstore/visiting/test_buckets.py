"""A visitor falls where the block's script lets them fall."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devstore.visiting.buckets import bucket, digest, is_new
from pipelines.stats import assignment

ROOT = Path(__file__).resolve().parents[3]
SCRIPT_TESTS = (ROOT / "extensions/tests/block.test.js").read_text()


def test_buckets_are_those_of_the_scripts_vectors() -> None:
    ((asked, expected),) = re.findall(r"expect\(\[(bucket\(.*?\))\]\)\.toEqual\(\[(.*?)\]\)", SCRIPT_TESTS)
    pairs = re.findall(r'bucket\("(\w+)", "(\w+)"\)', asked)
    assert [bucket(*pair) for pair in pairs] == [float(each) for each in expected.split(", ")]
    assert len(pairs) == 2


@pytest.mark.parametrize("seed", ["", "seed", "0f" * 16, "Straße ☂"])
def test_they_are_those_of_the_app(seed: str) -> None:
    for number in range(200):
        unit = digest(f"visitor-{number}")
        assert unit == assignment.digest(f"visitor-{number}").hex()
        assert bucket(seed, unit) == assignment.bucket(seed, unit)


def test_nobody_is_new_at_no_weight_and_none_at_all_of_it() -> None:
    assert [is_new("s", "a", weight) for weight in (0, 100, float("nan"))] == [False, False, False]


@pytest.mark.parametrize("weight", [5, 50])
def test_a_share_of_visitors_is_new(weight: int) -> None:
    new = sum(is_new("s", digest(str(number)), weight) for number in range(4000))
    assert new / 4000 == pytest.approx(weight / 100, abs=0.025)
