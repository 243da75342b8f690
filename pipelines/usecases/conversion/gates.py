"""What a version of these chances is held to."""

from pipelines.usecases.contract import Budget, Gates, Limit, Slice

GATES = Gates(
    limits=(
        Limit(
            name="As many orders as said",
            figure="gap",
            low=-0.15,
            high=0.15,
            words="It said {percent:.0f} % too many or too few orders in all, on the {side} side (limit: 15 %).",
            unknown="Too few past orders to tell whether as many came as were said.",
            spread="gap_range",
        ),
        Limit(
            name="Chances mean what they say",
            figure="ece",
            low=0.0,
            high=0.05,
            words="Chances were {percent:.1f} of 100 away from what happened, on the average (limit: 5).",
            unknown="Too few past orders to tell whether chances mean what they say.",
            spread="ece_range",
        ),
        # Nothing has happened yet at a first step or when a checkout starts: who tells buyers apart then, knows more
        # than can be known (real sessions: .70 to .82, once they are over).
        Limit(
            name="Knows nothing of the outcome",
            figure="early_auc",
            low=0.0,
            high=0.82,
            words="At the first step it ranked a buyer above another one {percent:.0f} times of 100 (limit: 82).",
            unknown="Too few past orders to tell whether it knows more than can be known at a first step.",
            spread="early_auc_range",
        ),
    ),
    slices=(
        Slice("session", "visits"),
        Slice("checkout", "checkouts"),
        Slice("peak", "peak hours"),
    ),
    worse_in_all=0.03,
    worse_in_a_slice=0.05,
    budget=Budget(seconds=30.0, seconds_per_thousand=5.0, bytes=1_000_000),
)
