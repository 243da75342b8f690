"""Frames become rows in one COPY: every value arrives as it was, and what a column cannot hold becomes its most."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from django.db import DatabaseError, connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.lifecycle.data.tables import array_text, as_whole, copy_rows
from pipelines.models.usecases.demand_forecast import Forecast, StockAdvice
from tests import histories

pytestmark = pytest.mark.django_db
INTEGERS = (-(2**31), 2**31 - 1)
BIG = (-(2**63), 2**63 - 1)


@pytest.fixture
def shop():
    return histories.a_shop()


def advice(shop, **changes):
    """Give one row of advice as the COPY takes it, with what the table itself puts where nothing is said."""
    facts = {"shop": shop, "variant_id": 1, "origin": date(2026, 11, 19), "title": "T", "status": "ok"}
    row = StockAdvice(**facts, updated_at=timezone.now())
    fields = [field for field in StockAdvice._meta.concrete_fields if not field.primary_key]
    return pd.DataFrame([{field.column: getattr(row, field.attname) for field in fields} | changes])


@pytest.mark.parametrize("title", ["", "NULL", "\\N", "\\.", 'a "b", c', "two\nlines", "ß€\U0001f600"])
def test_a_text_arrives_as_it_was(shop, title):
    assert copy_rows(StockAdvice, advice(shop, title=title)) == 1
    assert StockAdvice.objects.get().title == title


def test_json_arrives_with_numpys_numbers_and_dates_as_days(shop):
    copy_rows(StockAdvice, advice(shop, rule={"lead_time_days": np.int64(14), "continues": np.bool_(True), "a": None}))
    row = StockAdvice.objects.get()
    assert row.rule == {"lead_time_days": 14, "continues": True, "a": None} and row.origin == date(2026, 11, 19)


def test_arrays_arrive_number_by_number(shop):
    said = {"shop_id": shop.pk, "variant_id": 1, "origin": date(2026, 11, 19), "mean": np.array([0.5, 2.25])}
    said |= {"dispersion": 1.5, "model_error": 0.3, "lead_quantiles": {}, "month_quantiles": {}, "parts": []}
    copy_rows(Forecast, pd.DataFrame([said]))
    assert list(Forecast.objects.get().mean) == [0.5, 2.25]
    assert array_text(np.array([], dtype=np.float64)) == "{}"


def test_rows_may_go_to_a_table_of_the_same_shape(shop):
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE aside AS SELECT * FROM {StockAdvice._meta.db_table} WITH NO DATA")
        assert copy_rows(StockAdvice, advice(shop), into="aside") == 1
        cursor.execute("SELECT count(*) FROM aside")
        assert cursor.fetchone() == (1,)
    assert not StockAdvice.objects.exists()


def test_what_the_database_refuses_is_djangos_error(shop):
    with pytest.raises(DatabaseError):
        copy_rows(StockAdvice, advice(shop, title="x" * 10_000))


@pytest.mark.parametrize(("bounds", "value", "held"), [
    (INTEGERS, 2.5, 2), (INTEGERS, 3.5, 4), (INTEGERS, 1e12, 2**31 - 1), (INTEGERS, -1e12, -(2**31)),
    (INTEGERS, float("inf"), 2**31 - 1), (BIG, -1e30, -(2**63)),
])  # fmt: skip
def test_a_number_is_rounded_into_its_column(bounds, value, held):
    assert as_whole(pd.Series([value]), *bounds).tolist() == [held]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20), st.sampled_from([INTEGERS, BIG]))
def test_no_number_leaves_its_column(values, bounds):
    held = as_whole(pd.Series(values), *bounds)
    assert all(bounds[0] <= int(value) <= bounds[1] for value in held)


def test_what_is_not_known_stays_unknown_and_whole_numbers_are_only_bounded():
    assert as_whole(pd.Series([None, 1.0]), *INTEGERS).isna().tolist() == [True, False]
    assert as_whole(pd.Series([2**40, -5]), *INTEGERS).tolist() == [2**31 - 1, -5]
