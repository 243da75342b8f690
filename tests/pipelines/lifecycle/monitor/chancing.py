"""A use case whose answers are chances of an order, and days of visitors who were told one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pytest

from pipelines.lifecycle.evidence import answers
from pipelines.models import ModelVersion, Shop
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Monitored
from tests import exposing, histories
from tests.exposing import MONDAY, SLUG
from tests.histories import numbers

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WITHIN = timedelta(days=2)
SOON = timedelta(minutes=5)
RNG = np.random.default_rng


@pytest.fixture
def chances() -> Iterator[str]:
    """Let a use case say chances during a test."""
    watched = Monitored(("pages",), "score", "ordered", WITHIN, says="chances")
    with USE_CASES.also(dataclasses.replace(exposing.SHOWN, monitored=watched)):
        yield SLUG


def came(
    shop: Shop, version: ModelVersion, day: int, said: np.ndarray, ordered: np.ndarray, after: timedelta = SOON
) -> list[bytes]:
    """Let units be told their chances at noon of a day from Monday on, and some order soon after; return the units."""
    at = MONDAY + day * DAY + 12 * HOUR
    units = [next(numbers).to_bytes(16) for _ in said]
    told(shop, version, units, said, at)
    buyers = (unit for unit, buys in zip(units, ordered, strict=True) if buys)
    for unit in buyers:
        histories.an_order(shop, at + after, [], unit=unit)
    return units


def told(shop: Shop, version: ModelVersion, units: list[bytes], said: np.ndarray, at: datetime) -> None:
    """Log that units were told their chances."""
    rows = (
        exposing.said(shop, version, "stable", unit, at, score=float(score), milliseconds=1.0)
        for unit, score in zip(units, said, strict=True)
    )
    exposing.append(answers.LOG, rows)


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw chances and, by them, who orders."""
    said = RNG(seed).beta(1, 4, count).round(3)
    return said, RNG(seed + 1).random(count) < said
