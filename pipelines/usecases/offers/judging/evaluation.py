"""What a version would have brought on past decisions, beside no offer, the best single offer, and what runs.

Money is in minor units for one decision. `needed` is how many shoppers the same profit takes: of a policy that brings
a twentieth more, a twentieth fewer. What is explored is the same for all and counted for none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipelines.stats.inference.off_policy import Valued
from pipelines.usecases.contract import PARAMETERS, Frames, Progress, silent
from pipelines.usecases.offers.answering.scorer import FEATURES, score
from pipelines.usecases.offers.decisions import (
    NO_OFFER,
    Decisions,
    Floats,
    Mask,
    decisions_of,
    questions_of,
)
from pipelines.usecases.offers.fitted import Fitted, dump
from pipelines.usecases.offers.judging.added import added
from pipelines.usecases.offers.judging.calibration import calibration
from pipelines.usecases.offers.judging.past import BEST_OFFER, CANDIDATE, CHAMPION, NO_OFFERS, Past, Stretch, past_of
from pipelines.usecases.offers.learning.recipe import Beside
from pipelines.usecases.offers.learning.weighing import Weighed, joined
from pipelines.usecases.stored import Stored

BASELINE = "baseline"
ASKED = 2_000  # decisions, the newest, that the scorer is asked about again
PER = 100  # minor units, of which `needed` counts the shoppers
THIN_DAYS = 28
THIN_BECAUSE = "fewer than 28 days of decisions are known"


def evaluate(
    frames: Frames, *, champion: Fitted | None = None, seed: int = 0, progress: Progress | None = None
) -> Stored:
    """Ask about the last stretches of days what was known before each of them."""
    report = progress or silent
    report(0.0, "Asking past decisions again")
    past = past_of(frames, champion, seed)
    report(0.9, "Weighing what came of them")
    who = [CANDIDATE, NO_OFFERS, BEST_OFFER] + ([] if champion is None else [CHAMPION])
    all_of = {name: figures(past, name) for name in who}
    rule = BEST_OFFER if past.counted == "earned" else NO_OFFERS
    by_origin = {name: [needed(each.weighed[name].doubly_robust) for each in past.stretches] for name in who}
    called = all_of | {BASELINE: all_of[rule]}
    known = decisions_of(frames)
    kept = checks(frames, past)
    called[CANDIDATE] = called[CANDIDATE] | kept
    return Stored(
        called
        | {f"{name}_range": bounds for name, bounds in ranges(kept).items()}
        | {
            "slices": {key: parts(past, who, rule, key) for key in SLICES},
            "by_origin": {"all": by_origin | {BASELINE: by_origin[rule]}},
            "against": {name: beside(past, name) for name in who if name != CANDIDATE},
            "origins": [each.isoformat() for each in past.origins],
            "horizon": past.days,
            "counted": past.counted,
            "joined": [each.candidate.context is not None for each in past.stretches],
            "left_out": dict(known.left_out),
            "worthless": worthless(known.decisions),
            "offers": by_offer(known.decisions, frames["offers"]),
            "evidence": "thin" if past.history < THIN_DAYS else "enough",
            "simple_rule": BASELINE,
            "simple_rule_words": "always the best single offer" if rule == BEST_OFFER else "no offer for anybody",
        }
    )


def weighed(past: Past, who: str) -> Weighed | None:
    """Put together what somebody would have brought on all stretches."""
    return joined([each.weighed[who] for each in past.stretches]) if past.stretches else None


def figures(past: Past, who: str) -> dict[str, Any]:
    """Give everything that is told of somebody; None where it is not known."""
    all_of = weighed(past, who)
    if all_of is None:
        return {"needed": None, "value": None, "snips": None, "range": None, "ess": 0.0, "series": 0.0, "shown": None}
    told, plain = all_of.doubly_robust, all_of.snips
    found = told.interval()
    shown = np.concatenate([1 - each.chances[who][:, -1] for each in past.stretches])
    return {
        "needed": needed(told),
        "value": finite(told.value),
        "snips": finite(plain.value),
        "range": None if found is None else [found.low, found.high],
        "ess": round(plain.ess, 1),
        "series": float(len(all_of.outcome)),
        "shown": float(shown.mean()),
    }


def needed(told: Valued) -> float | None:
    """Give how many shoppers it takes to bring a hundred minor units; None where they bring nothing."""
    return PER / told.value if told.value > 0 else None


def finite(value: float) -> float | None:
    """Give a number that is one."""
    return float(value) if np.isfinite(value) else None


def beside(past: Past, who: str) -> dict[str, Any]:
    """Give what the candidate brings more than somebody for one decision, by both estimates."""
    ours, theirs = weighed(past, CANDIDATE), weighed(past, who)
    return {} if ours is None or theirs is None else Beside.of(ours, theirs).as_dict()


def checks(frames: Frames, past: Past) -> dict[str, Any]:
    """Compare what the candidate said with what came, and look whether it kept to what was open."""
    if not past.stretches:
        return {"miscalibration": None, "not_open": None}
    said = np.concatenate([each.said for each in past.stretches])
    accepted = np.concatenate([each.log.known.accepted for each in past.stretches])
    asked = questions_of(frames)[-ASKED:]
    closed = not_open(past.stretches[-1].candidate, asked)
    return calibration(said, accepted) | {"not_open": closed}


def ranges(kept: Mapping[str, Any]) -> dict[str, list[float] | None]:
    """Give how far chance reaches: what was not open is counted, so nothing of it is chance."""
    share = kept["not_open"]
    bounds = None if share is None else [share, share]
    return {"not_open": bounds, "miscalibration": kept.get("miscalibration_range")}


def not_open(fitted: Fitted, asked: Sequence[Mapping[str, Any]]) -> float:
    """Ask the scorer as a door does; give the share in which it would show what was not open, or earns nothing."""
    parameters = json.loads(dump(fitted)[PARAMETERS])
    return sum(not is_kept(question, score(parameters, question)["offer"]) for question in asked) / len(asked)


def is_kept(question: Mapping[str, Any], offer: int) -> bool:
    """Tell whether an answer is no offer, or one that was open and earns something."""
    return not offer or any(each["id"] == offer and each["margin"] > 0 for each in question["eligible"])


# Parts of the shoppers


def column(decisions: Decisions, name: str) -> Floats:
    """Give one feature, as it came."""
    return decisions.features[:, FEATURES.index(name)]


SLICES = {
    "phones": lambda known: column(known, "phone") == 1,
    "other_devices": lambda known: column(known, "phone") == 0,
    "returning": lambda known: column(known, "is_returning") == 1,
    "newcomers": lambda known: column(known, "is_returning") == 0,
}


def parts(past: Past, who: list[str], rule: str, key: str) -> dict[str, Any]:
    """Give the figures of one part of the shoppers; too few of them count as none."""
    kept = [(each, SLICES[key](each.log.known)) for each in past.stretches]
    told = {name: of_part(kept, name) for name in who}
    return told | {BASELINE: told[rule]}


def of_part(kept: list[tuple[Stretch, Mask]], who: str) -> dict[str, Any]:
    """Give what somebody would have brought of one part."""
    few = {"needed": None, "value": None, "series": 0.0}
    if not any(mask.any() for _, mask in kept):
        return few
    all_of = joined([only(each.weighed[who], mask) for each, mask in kept])
    told = all_of.doubly_robust
    if not told.is_enough or not all_of.snips.is_enough:
        return few
    return {"needed": needed(told), "value": finite(told.value), "series": float(len(all_of.outcome))}


def only(all_of: Weighed, mask: Mask) -> Weighed:
    """Keep some decisions of what was weighed."""
    return Weighed(*(getattr(all_of, name)[mask] for name in Weighed.__dataclass_fields__))


def worthless(known: Decisions) -> int:
    """Count the decisions at which an offer was open that earns nothing."""
    return int(((known.eligible != NO_OFFER) & ~(np.nan_to_num(known.margins) > 0)).any(axis=1).sum())


def by_offer(known: Decisions, offers: pd.DataFrame) -> list[dict[str, Any]]:
    """Tell how often each offer was shown and accepted, and what it added; the most shown first, also what is gone."""
    shown, took = known.tallies(int(known.day.max()) + 1 if len(known) else 0)
    kinds = offers.drop_duplicates("offer_id").set_index("offer_id")["kind"].to_dict()
    order = np.argsort(-shown, kind="stable").tolist()
    ids = known.ids.tolist()
    return [
        {
            "offer": ids[at],
            "kind": kinds.get(ids[at], ""),
            "shown": int(shown[at]),
            "accepted": int(took[at]),
            "added": added(known, at),
        }
        for at in order
    ]
