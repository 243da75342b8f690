"""What a version of recommendations is held to."""

from pipelines.usecases.contract import Budget, Gates, Slice

GATES = Gates(
    slices=(
        Slice("head", "best-sellers"),
        Slice("tail", "slow sellers"),
        Slice("new_products", "new products"),
        Slice("small_carts", "small carts"),
    ),
    worse_in_all=0.03,  # of lists that found nothing: they are many, so a few per cent of them are much
    worse_in_a_slice=0.05,
    budget=Budget(seconds=60.0, seconds_per_thousand=20.0, bytes=100_000),
)
