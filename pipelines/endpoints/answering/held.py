"""A version's answers in memory, as they were written: its lists, and the function that asks them."""

from __future__ import annotations

from pipelines.endpoints.answering.scorers import Scorer, Unfit
from pipelines.models import Deployment, ModelVersion, own
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase

Marks = dict[tuple[int, str], object]  # shop, use case -> when something was last written there


def with_doors() -> list[str]:
    """List the use cases whose visitors are answered from lists."""
    return [case.slug for case in USE_CASES.values() if case.door]


def marks() -> Marks:
    """Read when answers were last written, for every shop and use case at once."""
    slugs = with_doors()
    rows = Deployment.objects.filter(use_case__in=slugs).values_list("shop_id", "use_case", "held_at")
    return {(shop, use_case): at for shop, use_case, at in rows} if slugs else {}


def load(case: UseCase, shop: int, version: int | None) -> Scorer | Unfit:
    """Read the lists of a version, or of the simple rule; says why where there are none."""
    assert case.door
    rows = own.rows(case.output(case.door.output).table, shop).filter(version=version, **case.door.rows)
    lists = case.function(case.door.hold)(rows.values_list(*case.door.columns).iterator(2000))
    if not lists.size:
        return Unfit("no lists", is_to_blame=False)
    known = ModelVersion.objects.for_shop(shop).filter(pk__in=[version] if version is not None else [])
    number = known.values_list("number", flat=True).first()
    return Scorer(case.function(case.door.ask), lists, lists.size, number=number, is_held=True)
