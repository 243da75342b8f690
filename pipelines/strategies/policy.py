"""What is to be done with a release: named rules in a fixed order, on values alone (METHODS 4e, 4f).

First what protects the shop: bytes that are not safe, harm, breaches. Nothing stands before these: no pause, no freeze,
no stale data, no approval. Then what makes us blind, which holds; then, where we see, what models are told. Only then
is the strategy asked, and a move forward still has to pass the rules of the road. A figure that is missing or not a
number is no evidence, never good evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from math import isnan

from pipelines.strategies import freezing, health, inputs, limits
from pipelines.strategies.claims import (
    LIVE,
    OPEN,
    STAGED,
    WAITING,
    after_answer,
    falls_short,
    gives_everything_next,
    how_it_went,
    is_answered,
    is_decided,
    is_live,
    reaches,
    speaks,
)
from pipelines.strategies.contract import Action, Decision, Situation, Strategy, Verdict
from pipelines.strategies.dangers import BLIND, LIVE_TAKES_AWAY, TAKES_AWAY, Rule, held
from pipelines.strategies.reasons import Reason

IN_VAIN = "The freeze lasts longer than a yes is good for. You are asked as soon as a yes would outlive it."

GROWN_WORSE = "Worse than your past explains: decay, or a season that your past does not show."


def decide(strategy: Strategy, situation: Situation) -> Decision:
    """Say what is to be done with a release now; the same situation always gives the same answer."""
    if situation.phase not in (LIVE, *OPEN):
        return stays(Reason.CLOSED, "This release is over.")
    if is_live(situation):
        return watch(situation)
    decision = first(TAKES_AWAY + BLIND + STAYS, situation) or move(strategy, situation)
    if situation.held and decision.action is Action.ADVANCE:
        return stays(Reason.RESUMED, "The reason for the hold is over.")
    return decision


def judge(situation: Situation) -> Verdict:
    """Give the verdict on the step, or on what is live, in Argo Rollouts' words."""
    if first(LIVE_TAKES_AWAY if is_live(situation) else TAKES_AWAY, situation):
        return Verdict.FAILED
    if first(BLIND, situation):
        return Verdict.ERROR
    if is_live(situation):
        return Verdict.SUCCESSFUL if health.answered(situation.windows) else Verdict.INCONCLUSIVE
    return Verdict.INCONCLUSIVE if missing(situation) else Verdict.SUCCESSFUL


def first(rules: Iterable[Rule], situation: Situation) -> Decision | None:
    """Give the answer of the first rule that has one."""
    return next((answer for rule in rules if (answer := rule(situation))), None)


# What keeps a release where it stands, though nothing is wrong with what we see


def changed(situation: Situation) -> Decision | None:
    """Hold what is not what was shown."""
    if situation.evidence_is_same:
        return None
    return held(Reason.CHANGED, "The version or its evidence is not what was approved. Nothing moves.", "critical")


def decayed(situation: Situation) -> Decision | None:
    """Hold and put the way back one click away; an alarm is no proof of harm, so nothing goes back by itself."""
    if not situation.evidence.has_decayed:
        return None
    way_out = " We train anew; you can roll back." if is_live(situation) else ""
    return held(Reason.DECAYED, GROWN_WORSE + way_out)


def dependent(situation: Situation) -> Decision | None:
    """Only tell where weeks depend on one another: the e-value claims more than it may."""
    evidence = situation.evidence
    if evidence.kind != "paired" or not reaches(evidence.harm, limits.HARM) or speaks(evidence):
        return None
    sentence = "The new version seems to cost more, but its weeks are too much alike to be sure. You can roll back."
    return stays(Reason.DEPENDENT, sentence, alert="warning")


def paused(situation: Situation) -> Decision | None:
    """Leave it to the person who paused it."""
    return stays(Reason.PAUSED, "Paused by a person.") if situation.is_paused else None


def flapping(situation: Situation) -> Decision | None:
    """Warn once of breaches that come and go."""
    if not health.is_flapping(situation.windows):
        return None
    sentence = f"{health.breach_of(situation.windows)} of the last {health.LOOKED_AT} measurements were over a limit."
    return stays(Reason.FLAPPING, sentence, alert="warning")


def harmed_at_peak(situation: Situation) -> Decision | None:
    """Tell of harm in peak hours, and keep from moving on."""
    if not reaches(situation.evidence.harm_at_peak, limits.HARM_AT_PEAK):
        return None
    sentence = "In peak hours, shoppers who saw the new version order less. It is not shown to more of them."
    return stays(Reason.PEAK, sentence, alert="warning")


def falling_short(situation: Situation) -> Decision | None:
    """Keep from moving on what does worse over its whole range: too little to take it away, too much to widen it."""
    if not (situation.at.splits and falls_short(situation.evidence)):
        return None
    return stays(Reason.SHORT, f"{how_it_went(situation)} It is not shown to more of them.")


def recovering(situation: Situation) -> Decision | None:
    """Wait until the newest windows are well again."""
    if health.is_settled(situation.windows):
        return None
    return stays(Reason.RECOVERING, f"Waiting for {health.RECOVERY} measurements in a row within every limit.")


def waits_its_turn(situation: Situation) -> Decision | None:
    """Leave a staged release alone until whoever holds it lets it go: questions come once a week."""
    if situation.phase != STAGED or not situation.held:
        return None
    return Decision(Action.HOLD, Reason.TURN, situation.held)


def stays(reason: Reason, sentence: str, *, alert: str = "") -> Decision:
    """Stay on the step and look again."""
    return Decision(Action.PAUSE, reason, sentence, alert=alert)


# What a step still needs before the next one


def time_needed(situation: Situation) -> Decision | None:
    """Stay for the least time."""
    if situation.now - situation.stepped_at >= timedelta(hours=situation.at.hours):
        return None
    return stays(Reason.TIME, f"This step takes at least {situation.at.hours} hours.")


def answers_needed(situation: Situation) -> Decision | None:
    """Let a version that answers unseen answer first."""
    if not situation.at.mirrors or health.answered(situation.windows) >= situation.at.units:
        return None
    return stays(Reason.ANSWERS, "Waiting for the first answers of the new version.")


def units_needed(situation: Situation) -> Decision | None:
    """Count enough units; an A/B test may be over before."""
    enough = situation.evidence.units >= situation.at.units
    if not situation.at.splits or enough or is_decided(situation):
        return None
    counted = f"{situation.evidence.units:,} of {situation.at.units:,}"
    return stays(Reason.UNITS, f"{counted} shoppers counted on this step.")


def peak_needed(situation: Situation) -> Decision | None:
    """See at least one whole peak on every step."""
    if not situation.at.splits or situation.evidence.peak_blocks >= 1:
        return None
    return stays(Reason.PEAK_BLOCK, "Waiting for a whole stretch of peak hours on this step.")


def loss_in_budget(situation: Situation) -> Decision | None:
    """Go on only where the most that the next step may lose is within the merchant's budget."""
    loss, budget = situation.evidence.next_loss, situation.risk_budget
    if not situation.at.splits:
        return None
    if loss is None or budget is None or isnan(budget):
        return stays(Reason.LOSS_UNKNOWN, "Waiting for orders enough to say what the next step may lose.")
    return None if loss < budget else stays(Reason.RISK, "The next step may still lose more than you allow.")


def proof_needed(situation: Situation) -> Decision | None:
    """Give the new version everything by itself only when it is proven not to do worse."""
    if not gives_everything_next(situation) or reaches(situation.evidence.non_inferior, limits.NON_INFERIOR):
        return None
    return stays(Reason.UNPROVEN, "Not proven yet that the new version does no worse.")


def peak_classes_needed(situation: Situation) -> Decision | None:
    """Give the new version everything by itself only after a whole peak on each kind of day."""
    evidence = situation.evidence
    complete = bool(evidence.peak_classes_needed) and evidence.peak_classes_needed <= evidence.peak_classes
    if not gives_everything_next(situation) or complete:
        return None
    return stays(Reason.PEAK_CLASSES, "Waiting for a whole stretch of peak hours on weekdays and on weekends.")


def missing(situation: Situation) -> Decision | None:
    """Say what the step still needs, or nothing when it has passed."""
    if situation.at.asks and not situation.is_proven:
        return stays(Reason.UNDECIDED, "Not proven: only you can let this version go on.")
    return first(NEEDS, situation)


# Moving on


def move(strategy: Strategy, situation: Situation) -> Decision:
    """Ask the strategy, and let the rules of the road say whether now."""
    if is_answered(situation):
        return forward(situation, Reason.APPROVED, "You approved it.", after_answer(situation))
    if situation.phase == WAITING:
        return stays(Reason.AWAITING, "Waiting for your answer. Nothing changes until you decide.")
    needed = missing(situation)
    verdict = Verdict.INCONCLUSIVE if needed else Verdict.SUCCESSFUL
    action = strategy.decide(situation.at, verdict)
    if action is Action.ASK:
        return asked(situation, ask_merchant(Reason.APPROVAL, "The new version is ready for your decision."))
    if needed or action is not Action.ADVANCE:
        question = is_over(situation)
        return asked(situation, question) if question else needed or stays(Reason.WELL, "All well.")
    question = first(ASKS, situation)
    return asked(situation, question) if question else onward(situation)


def onward(situation: Situation) -> Decision:
    """Enter the next step; to ask changes nothing, so a freeze keeps no question back that it leaves time to answer."""
    told = how_it_went(situation)
    if situation.steps[situation.step + 1].asks:
        passed = Decision(Action.ADVANCE, Reason.PASSED, told, step=situation.step + 1)
        return stale(situation) or asked(situation, passed)
    if gives_everything_next(situation):
        return forward(situation, Reason.PROMOTED, "Proven to do no worse, also in peak hours.", situation.step + 1)
    return forward(situation, Reason.PASSED, told, situation.step + 1)


def forward(situation: Situation, reason: Reason, sentence: str, step: int) -> Decision:
    """Move forward, unless the data is old or the shop is frozen."""
    return first((stale, frozen), situation) or Decision(Action.ADVANCE, reason, sentence, step=step)


def stale(situation: Situation) -> Decision | None:
    """Hold on data that is old, or whose age nobody knows."""
    if situation.data_age is not None and situation.data_age <= limits.FRESH:
        return None
    return held(Reason.STALE, "The shop's data is more than 26 hours old. Nothing new moves until it is fresh.")


def frozen(situation: Situation) -> Decision | None:
    """Wait for the end of a freeze that protects something."""
    until = freezing.held_until(situation.frozen_until, situation.now, situation.protection)
    if until is None:
        return None
    sentence = "Nothing new goes live until the freeze ends. Rolling back stays possible."
    return Decision(Action.HOLD, Reason.FROZEN, sentence, until=until)


def asked(situation: Situation, question: Decision) -> Decision:
    """Ask, unless a freeze outlasts any yes that would be the answer: then the question comes later."""
    until = freezing.held_until(situation.frozen_until, situation.now, situation.protection)
    lasts = situation.yes_lasts
    if until is None or lasts is None or situation.now + lasts > until:
        return question
    return Decision(Action.HOLD, Reason.FROZEN, IN_VAIN, until=until)


def ask_merchant(reason: Reason, sentence: str) -> Decision:
    """Let the merchant decide."""
    return Decision(Action.ASK, reason, sentence)


def is_over(situation: Situation) -> Decision | None:
    """Ask when an A/B test has its planned size, or answers do not come, and nothing is proven."""
    began = situation.stepped_at + timedelta(hours=situation.at.hours)
    full = situation.at.compares and situation.evidence.units >= situation.at.units and situation.now >= began
    late = situation.exposed_at is None and situation.now - began >= situation.maximum
    if not (full or late):
        return out_of_time(situation)
    return unproven(situation, "this step has run as long as planned")


def out_of_time(situation: Situation) -> Decision | None:
    """Ask when shoppers have seen the new version for as long as was approved."""
    if situation.exposed_at is None or situation.now - situation.exposed_at < situation.maximum:
        return None
    return unproven(situation, "this release has run as long as it may")


def unproven(situation: Situation, why: str) -> Decision:
    """Ask about what nothing has proven to do no worse, with what its ranges say all the same."""
    if situation.at.splits and falls_short(situation.evidence):
        return ask_merchant(Reason.SHORT, f"{how_it_went(situation)} And {why}: you decide.")
    return ask_merchant(Reason.NOT_PROVEN, f"Not proven: {why}. You decide.")


def undecided(situation: Situation) -> Decision | None:
    """Leave a version whose profit is not proven to the merchant."""
    if situation.is_proven or not gives_everything_next(situation):
        return None
    return ask_merchant(Reason.UNDECIDED, "Not proven: only you can let this version go on.")


def asked_for(situation: Situation) -> Decision | None:
    """Ask again before everything moves, as the merchant chose."""
    if not (situation.asks_before_all and gives_everything_next(situation)):
        return None
    return ask_merchant(Reason.ASKED_FOR, "Proven to do no worse. You chose to be asked before everyone sees it.")


def over_limit(situation: Situation) -> Decision | None:
    """Promote by itself only so often."""
    if situation.automatic_promotions < limits.PROMOTIONS or not gives_everything_next(situation):
        return None
    return ask_merchant(
        Reason.LIMIT, f"Proven to do no worse. {limits.PROMOTIONS} versions went live by themselves within 7 days."
    )


# What is live


def watch(situation: Situation) -> Decision:
    """Say what is to be done with a version that everybody sees: leave it, tell, or go back."""
    away = first(LIVE_TAKES_AWAY, situation) or (None if first(BLIND, situation) else first(LIVE_IS_TOLD, situation))
    if away and cools_down(situation) and away.reason != Reason.UNSAFE:
        sentence = f"{away.sentence} We rolled back less than 24 hours ago, so we do not do it again by ourselves."
        return stays(Reason.COOLDOWN, sentence, alert="critical")
    return away or first(LIVE_TELLS, situation) or stays(Reason.WELL, "All well.")


def fell_short(situation: Situation) -> Decision | None:
    """Call nothing well of which the comparison says that it does worse."""
    if not falls_short(situation.evidence):
        return None
    return stays(Reason.SHORT, f"{how_it_went(situation)} You can roll back.")


def cools_down(situation: Situation) -> bool:
    """Tell whether a rollback is so fresh that a second one would be ping-pong; great harm is no ping-pong."""
    at = situation.rolled_back_at
    great = reaches(situation.evidence.harm, limits.HARM_IN_COOLDOWN) and speaks(situation.evidence)
    return at is not None and situation.now - at < limits.COOLDOWN and not great


STAYS: tuple[Rule, ...] = (
    changed,
    inputs.waits_for_inputs,
    decayed,
    dependent,
    flapping,
    paused,
    recovering,
    waits_its_turn,
)
NEEDS: tuple[Rule, ...] = (
    harmed_at_peak,
    falling_short,
    time_needed,
    answers_needed,
    units_needed,
    peak_needed,
    loss_in_budget,
    proof_needed,
    peak_classes_needed,
)
ASKS: tuple[Rule, ...] = (out_of_time, undecided, asked_for, over_limit)
LIVE_IS_TOLD: tuple[Rule, ...] = (inputs.told_broken, inputs.drifted)
LIVE_TELLS: tuple[Rule, ...] = (*BLIND, decayed, dependent, harmed_at_peak, flapping, fell_short)
