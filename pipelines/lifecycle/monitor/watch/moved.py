"""In which direction a feature moved, in words: by the newest of its windows in which it was found to differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines import words
from pipelines.charts.spread import MISSING, OTHERS, Bin, bins_of, plain
from pipelines.lifecycle.monitor.watch.inputs import DRIFT
from pipelines.models import DriftBins, Measurement, Shop
from pipelines.stats.drift.findings import CHANGED
from pipelines.usecases import USE_CASES

MOST, ROOM = 3, 500  # features of which it is said, and letters: an alert is short
LONGEST_NAME = 30
OTHERS_ARE_SHOWN = "Monitoring shows the others."
YES, NO = {"1.0", "1", "True"}, {"0.0", "0", "False"}
LACK = 0.05  # more of the rows that lack a feature than usual: that is what happened to it
SAME = 0.02  # of the rows: no move to speak of


def told(shop: Shop, use_case: str, features: Sequence[str], room: int = ROOM) -> str:
    """Say of as many of the first features as there is room for in which direction they moved.

    Nothing is said of one of which no distribution was kept.
    """
    monitored = USE_CASES[use_case].monitored
    if monitored is None:
        return ""
    said = []
    for feature in features[:MOST]:
        moved = direction(newest(shop, use_case, feature), monitored.read_as.get(feature, ""), shop.currency)
        if moved:
            said.append(f"{first_upper(monitored.name_of(feature))}: {moved}.")
    if len(features) <= MOST and len(" ".join(said)) <= room:
        return " ".join(said)
    while said and len(" ".join([*said, OTHERS_ARE_SHOWN])) > room:
        said.pop()
    return " ".join([*said, OTHERS_ARE_SHOWN])


def first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def newest(shop: Shop, use_case: str, feature: str) -> Mapping[str, list[Any]]:
    """Read how the rows were spread in the newest window in which a feature was found to differ."""
    mine = Measurement.objects.for_shop(shop).filter(use_case=use_case, version=None, release=None, metric=DRIFT)
    found = mine.filter(segment=feature, verdict__in=CHANGED).order_by("starts_at").last()
    if found is None:
        return {}
    kept = DriftBins.objects.for_shop(shop).filter(use_case=use_case, version=None, feature=feature)
    row = kept.filter(starts_at=found.starts_at).first()
    return row.bins if row else {}


def direction(stored: Mapping[str, list[Any]], read_as: str, currency: str) -> str:
    r"""Say whether a figure is higher or lower than usual, or which of some names grew most.

    >>> rows = {"edges": [2.0], "usual": [6, 4, 0], "now": [2, 8, 0], "below": [0.4, 0.1], "above": [0.4, 0.8]}
    >>> direction(rows | {"middle": [3900, 4900]}, "money", "GBP")
    'higher than usual, £49 in the middle instead of £39'
    >>> direction({"names": ["phone", "desktop"], "usual": [4, 6, 0, 0], "now": [7, 3, 0, 0]}, "", "GBP")
    '“phone” grew most, from 40\xa0% to 70\xa0%'
    """
    if not stored:
        return ""
    bins = bins_of(stored)
    lacking = next((each for each in bins if each.name == MISSING), None)
    if lacking and lacking.now - lacking.usual > LACK:
        return f"missing {instead(lacking.now, lacking.usual)}"
    if {each.name for each in bins} <= YES | NO | {MISSING}:
        return often(bins)
    if read_as == "weekday":
        return ""  # a day in the middle tells nothing
    if "middle" in stored:
        return level(stored, read_as, currency)
    return grown(bins) if "names" in stored else ""


def often(bins: Sequence[Bin]) -> str:
    """Say how often what is either so or not is so."""
    usual, now = (sum(getattr(each, side) for each in bins if each.name in YES) for side in ("usual", "now"))
    return f"{'more' if now > usual else 'less'} often than usual, {instead(now, usual)}"


def level(stored: Mapping[str, list[Any]], read_as: str, currency: str) -> str:
    """Say whether a figure is higher or lower: by its middle, where that stayed by the share over or under it."""
    usual, now = (written(each, read_as, currency) for each in stored["middle"])
    up, down = ("later", "earlier") if read_as == "hour" else ("higher", "lower")
    if usual != now:
        side = up if stored["middle"][1] > stored["middle"][0] else down
        return f"{side} than usual, {now} in the middle instead of {usual}"
    (below, below_now), (above, above_now) = stored["below"], stored["above"]
    if max(abs(below_now - below), abs(above_now - above)) < SAME:
        return f"{usual} in the middle as usual, with other values around it"
    side = up if above_now - above > below_now - below else down
    if abs(above_now - above) >= abs(below_now - below):
        return f"{side} than usual, {'after' if read_as == 'hour' else 'over'} {usual} {instead(above_now, above)}"
    return f"{side} than usual, {'before' if read_as == 'hour' else 'under'} {usual} {instead(below_now, below)}"


def grown(bins: Sequence[Bin]) -> str:
    """Say which name has grown most."""
    most = max(bins, key=lambda each: each.now - each.usual)
    short = most.name if len(most.name) <= LONGEST_NAME else f"{most.name[:LONGEST_NAME].rstrip()}…"
    name = "what is rare or new" if most.name == OTHERS else f"“{short}”"
    return f"{name} grew most, from {words.percent(most.usual)} to {words.percent(most.now)}"


def instead(now: float, usual: float) -> str:
    return f"in {words.percent(now)} of cases instead of {words.percent(usual)}"


def written(value: float, read_as: str, currency: str) -> str:
    """Write a figure as a merchant reads it."""
    if read_as == "money":
        return words.money(round(value), currency)
    if read_as == "hour":
        return f"{round(value):02}:00"
    return words.percent(value) if read_as == "share" else plain(value)
