"""What a version of offers is held to."""

from pipelines.usecases.contract import Budget, Gates, Limit, Slice

UNTRIED = "Not tried on past decisions yet: there are none of which the outcome is known."

GATES = Gates(
    limits=(
        Limit(
            "As many accepted as said",
            "miscalibration",
            -0.25,
            0.25,
            "It says {percent:.0f} % more or fewer acceptances than came, on the {side} side.",
            "Not known yet how many of its offers are accepted: at least 20 acceptances are needed.",
            spread="miscalibration_range",
        ),
        Limit(
            "Offers only what is open and earns",
            "not_open",
            0.0,
            0.0,
            "Asked about past decisions, it would offer what was not open or earns nothing in {percent:.1f} % of them.",
            UNTRIED,
            spread="not_open_range",
        ),
    ),
    slices=(
        Slice("phones", "phones"),
        Slice("other_devices", "other devices"),
        Slice("returning", "returning shoppers"),
        Slice("newcomers", "new shoppers"),
    ),
    worse_in_all=0.02,  # of the profit of all who were asked about, most of whom order or not whatever is offered
    worse_in_a_slice=0.05,
    budget=Budget(seconds=5.0, seconds_per_thousand=10.0, bytes=2_000_000),
)
