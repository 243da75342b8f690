"""Past days once more, as pure figures: what is compared, and what lets a candidate fail."""

import itertools
from dataclasses import fields
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.lifecycle.data.stockouts import IN_STOCK, KNOWN, SUSPECTED, UNKNOWN
from pipelines.lifecycle.sandbox import rehearse
from pipelines.usecases.contract import Frames, Randomised, Soundness, UseCase
from pipelines.usecases.demand_forecast import USE_CASE as DEMAND
from pipelines.usecases.demand_forecast import sound

TODAY = date(2026, 11, 23)
IDS = [1, 2]


def frames_until(asof: date, *, out: int = IN_STOCK) -> Frames:
    """Give a shop that sells 10 and 4 a day; the second one is out of stock on the last day if told so."""
    days = pd.date_range("2026-10-01", asof)
    sales = pd.DataFrame(
        {"unique_id": np.repeat(IDS, len(days)), "ds": np.tile(days, 2), "y": np.repeat([10.0, 4.0], len(days))}
    )
    sales["stockout"] = np.where((sales["unique_id"] == 2) & (sales["ds"] == days[-1]), out, UNKNOWN)
    return Frames({"daily_sales": sales, "series": pd.DataFrame({"unique_id": IDS})}, asof=asof)


def at(morning: date) -> Frames:
    return frames_until(morning - timedelta(days=1))


def saying(first=10.0, second=4.0, order=0.0):
    """Answer with the same daily forecast and one order advice every morning."""

    def answer(frames: Frames) -> dict[str, pd.DataFrame]:
        forecasts = pd.DataFrame({"variant_id": IDS, "mean": [np.full(28, first), np.full(28, second)]})
        advice = pd.DataFrame({"variant_id": IDS, "location_id": 0, "order_quantity": [order, 0.0]})
        return {
            "forecasts": forecasts.assign(dispersion=1.0, model_error=0.1),
            "stock_advice": advice.assign(title=["Jacket", "Beanie"], subtitle=["M", ""]),
        }

    return answer


def mornings(count=14):
    return [TODAY - timedelta(days=back) for back in range(count, 0, -1)]


def replayed(candidate, running=None, *, days=14, **known):
    happened = known.pop("happened", None) or frames_until(TODAY - timedelta(days=1))
    known.setdefault("judged", lambda tables, frames: sound.forecasts(tables["forecasts"], frames))
    reading = rehearse.Reading.of(priced_by(known.pop("compare", None)))
    who = (candidate, running or saying())
    return rehearse.rehearse_days(mornings(days), at, *who, reading=reading, happened=happened, **known)


def priced_by(compare):
    """Give the demand forecast, with another way to price days, or none."""
    known = {each.name: getattr(DEMAND, each.name) for each in fields(DEMAND)}
    if compare is None:
        return UseCase(**known | {"evidence": Randomised()})

    class Priced(UseCase):
        def function(self, name):
            return compare if name == DEMAND.evidence.compare else super().function(name)

    return Priced(**known)


def judged(*args, **known):
    return rehearse.judge(replayed(*args, **known), running="version 7")


class TestDays:
    def test_are_counted_back_from_today(self):
        assert [day.day for day in replayed(saying()).days] == list(range(-14, 0))

    def test_each_version_sees_only_what_was_known_that_morning(self):
        seen = []

        def watching(frames):
            seen.append((frames.asof, frames["daily_sales"]["ds"].max().date()))
            return saying()(frames)

        replayed(watching)
        yesterdays = [morning - timedelta(days=1) for morning in mornings()]
        assert seen == list(zip(yesterdays, yesterdays, strict=True))

    def test_what_was_said_stands_beside_what_sold(self):
        day = replayed(saying(first=13.0)).days[0]
        assert (day.happened, day.new.expected, day.new.off, day.old.expected, day.old.off) == (14, 17, 3, 14, 0)

    @pytest.mark.parametrize("out", [KNOWN, SUSPECTED])
    def test_a_variant_without_stock_judges_nobody(self, out):
        happened = frames_until(TODAY - timedelta(days=1), out=out)
        days = replayed(saying(second=9.0), happened=happened).days
        assert [day.new.off for day in days[-2:]] == [5, 0]

    def test_differing_orders_are_counted_by_variant(self):
        day = replayed(saying(order=24.0)).days[0]
        assert (day.differing, day.new.figures) == (1, {"orders": 1, "order_units": 24})
        assert replayed(saying()).days[0].differing == 0

    def test_how_long_each_took_is_told(self, monkeypatch):
        monkeypatch.setattr(rehearse.time, "perf_counter", itertools.count().__next__)
        day = replayed(saying()).days[0]
        assert (day.new.seconds, day.old.seconds) == (1, 1)

    def test_the_largest_jumps_from_day_to_day_are_named(self):
        def jumping(frames):
            return saying(first=30.0 if frames.asof == TODAY - timedelta(days=4) else 10.0)(frames)

        done = replayed(jumping)
        assert [(jump.day, jump.name, jump.before, jump.after) for jump in done.jumps] == [
            (-3, "Jacket M", 70, 210),
            (-2, "Jacket M", 210, 70),
        ]

    def test_money_is_the_use_cases_own_price_of_each_day(self):
        asked = {}

        def compare(frames, new, old, *, days):
            asked.update(days=days, origins=list(new["origin"].unique()), first=list(old["first_day"].unique()))
            known = [{"first_day": day, "loss": 300.0, "against": 200.0} for day in mornings(14)[:-1]]
            return pd.DataFrame(known)

        days = replayed(saying(), compare=compare).days
        assert asked["days"] == 1 and asked["first"] == mornings()
        assert asked["origins"] == [morning - timedelta(days=1) for morning in mornings()]
        assert [(day.new.money, day.old.money) for day in days[-2:]] == [(300, 200), (None, None)]

    def test_the_result_is_json_and_holds_no_date(self):
        import json

        text = json.dumps(replayed(saying()).as_dict(), allow_nan=False)
        assert "2026" not in text

    def test_each_figure_is_stored_under_the_name_that_the_use_case_gives_it(self):
        day = replayed(saying(order=24.0)).as_dict()["days"][0]
        assert day.keys() == {"day", "sold", "new", "old", "differing_orders"}
        names = {"expected", "off", "money", "orders", "order_units", "seconds", "wrong"}
        assert day["new"].keys() == day["old"].keys() == names

    def test_an_answer_gets_frames_that_nobody_else_touched(self):
        def remembering(frames):
            assert not frames.memo
            frames.once("x", lambda: 1)
            return saying()(frames)

        assert judged(remembering, remembering).passed


class TestTheTestItself:
    def test_what_runs_now_must_repeat_itself_to_the_last_digit(self):
        calls = iter(range(1000))

        def wavering(frames):
            return saying(first=np.nextafter(10.0, 11.0) if next(calls) == 3 else 10.0)(frames)

        done = replayed(saying(), wavering)
        verdict = rehearse.judge(done, running="version 7")
        assert not verdict.passed and "The test itself is unreliable" in verdict.text
        assert (done.unrepeated, len(done.days)) == (-13, 1)

    def test_the_candidate_is_not_asked_on_a_day_that_does_not_repeat(self):
        numbers, asked = iter(range(1000)), []

        def wavering(frames):
            return saying(first=float(next(numbers)))(frames)

        replayed(lambda frames: asked.append(1), wavering)
        assert asked == []

    @pytest.mark.parametrize("change", ["order", "column", "row", "kind", "missing table", "nested"])
    def test_any_difference_is_one(self, change):
        one = saying()(at(TODAY))
        other = saying()(at(TODAY))
        if change == "order":
            other["forecasts"] = other["forecasts"].iloc[::-1]
        elif change == "column":
            other["forecasts"] = other["forecasts"].rename(columns={"dispersion": "spread"})
        elif change == "row":
            other["forecasts"] = other["forecasts"].iloc[:1]
        elif change == "kind":
            other["forecasts"] = other["forecasts"].astype({"dispersion": "float32"})
        elif change == "missing table":
            del other["stock_advice"]
        else:
            other["forecasts"]["mean"] = [mean + 1e-13 for mean in other["forecasts"]["mean"]]
        assert rehearse.same(one, saying()(at(TODAY)))
        assert not rehearse.same(one, other)

    def test_what_runs_now_and_fails_makes_the_test_unreliable(self):
        def broken(frames):
            raise ZeroDivisionError

        assert "unreliable" in judged(saying(), broken).text

    def test_what_runs_now_may_be_wrong_without_making_the_test_unreliable(self):
        assert judged(saying(), saying(first=np.nan)).passed


class TestVerdict:
    def test_the_same_as_what_runs_now_passes(self):
        verdict = judged(saying(first=13.0), saying(first=13.0))
        assert (verdict.passed, verdict.value, verdict.threshold) == (True, 1.0, 1.5)

    def test_somewhat_worse_passes_for_it_is_no_proof_of_worth(self):
        assert judged(saying(first=13.0), saying(first=12.5)).passed

    def test_errors_half_as_large_again_fail(self):
        verdict = judged(saying(first=14.0), saying(first=12.0))
        assert (verdict.passed, verdict.value) == (False, 2.0)
        assert "56 units off in 14 days, version 7 28" in verdict.text

    def test_exactly_at_the_limit_passes(self):
        assert judged(saying(first=13.0), saying(first=12.0)).passed

    def test_the_worse_of_units_and_money_counts(self):
        def compare(frames, new, old, *, days):
            return pd.DataFrame({"first_day": mornings(), "loss": 300.0, "against": 100.0})

        verdict = judged(saying(first=13.0), saying(first=13.0), compare=compare)
        assert (verdict.passed, verdict.value) == (False, 3.0)

    def test_few_units_of_error_tell_nothing(self):
        assert "Too few sales" in judged(saying(first=11.0), saying(), days=14).text
        assert judged(saying(first=11.0), saying(), days=14).passed

    @pytest.mark.parametrize("wrong", [np.nan, np.inf, -1.0])
    def test_an_answer_that_is_no_number_from_zero_up_fails(self, wrong):
        verdict = judged(saying(first=wrong))
        assert (verdict.passed, verdict.value) == (False, 14)
        assert "1 of 2 forecasts are not numbers" in verdict.text

    def test_a_missing_variant_fails(self):
        def forgetting(frames):
            tables = saying()(frames)
            return tables | {"forecasts": tables["forecasts"].iloc[:1]}

        assert "1 of 2 variants got no forecast" in judged(forgetting).text

    def test_one_day_without_an_answer_fails(self):
        def failing(frames):
            if frames.asof == TODAY - timedelta(days=3):
                raise KeyError("price")
            return saying()(frames)

        verdict = judged(failing)
        assert not verdict.passed
        assert verdict.text == "On 1 of 14 days its answer could not be used. First 2 days ago: No answer (KeyError)."

    def test_a_use_case_without_forecasts_passes_by_answering(self):
        tables = {"recommendations": pd.DataFrame({"product_id": [1]})}
        fine = {"judged": lambda tables, frames: Soundness()}
        assert judged(lambda frames: tables, lambda frames: tables, **fine).passed
