"""Versions: what could run?"""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from dashboard.queries.compare import earned
from pipelines.models import Deployment, LifecycleEvent, ModelVersion, Release, TrainingRun
from pipelines.usecases import USE_CASES
from tests import histories
from tests.dashboard import moving, story
from tests.dashboard.views.test_access import said_to
from tests.identities import OTHER_SHOP


class TestTheList:
    def test_says_what_runs_and_what_waits(self, shop, see):
        page = see("/versions").content.decode()
        assert page.index("Version 2") < page.index("Version 1")
        assert "Decision waiting" in page and "Live" in page and "£1,900 less" in page

    def test_says_which_were_rolled_back_or_rejected(self, shop, see):
        assert "Rolled back" not in see("/versions").content.decode()
        Release.objects.filter(version__number=2).update(phase="rolled_back")
        assert "Rolled back" in see("/versions").content.decode()
        assert "Rolled back" in see("/versions/demand_forecast/2").content.decode()
        Release.objects.filter(version__number=2).update(phase="rejected")
        assert "Rejected" in see("/versions").content.decode()

    def test_names_the_way_back(self, shop, see, send):
        assert "Roll back to the simple rule" in see("/versions").content.decode()
        card = Release.objects.latest("pk")
        send(f"/releases/{card.pk}/approve", said_to(card))
        assert "Roll back to version 1" in see("/versions").content.decode()

    def test_says_what_stopped_the_last_training(self, shop, see):
        TrainingRun.objects.create(
            shop=shop, use_case="demand_forecast", trigger="weekly", state="failed", error="The disk is full.",
            finished_at=timezone.now(),
        )  # fmt: skip
        page = see("/versions").content.decode()
        assert "Demand forecast: the last training failed" in page and "The disk is full." in page

    def test_says_of_a_model_without_a_version_what_is_missing(self, shop, see):
        TrainingRun.objects.create(
            shop=shop, use_case="conversion", trigger="first", state="stopped", error="0 of 14 days are known.",
            finished_at=timezone.now(),
        )  # fmt: skip
        page = " ".join(see("/versions").content.decode().split())
        assert "No version yet. 0 of 14 days are known. We try again at the next training." in page
        assert "last training stopped" not in page


class TestTheCard:
    def test_tells_worth_errors_and_lineage(self, shop, see):
        version = ModelVersion.objects.get(number=2)
        page = see("/versions/demand_forecast/2").content.decode()
        assert "£1,900 less" in page and "38.0\u00a0%" in page
        assert f"{version.artifact_digest[:4]}\u00a0{version.artifact_digest[4:8]}" in page

    @pytest.mark.parametrize("path", ["/versions/demand_forecast/99", "/versions/nothing/1", "/versions/nothing/1.md"])
    def test_of_nothing_is_not_found(self, shop, see, path):
        assert see(path).status_code == 404

    def test_is_given_as_a_file(self, shop, see):
        answer = see("/versions/demand_forecast/2.md")
        assert answer["Content-Disposition"].endswith('version-2.md"')
        assert answer.content.decode().startswith("# Demand forecast, version 2")

    def test_of_a_version_without_figures_still_opens(self, shop, see):
        with histories.anything_goes():
            ModelVersion.objects.update(metrics={}, replay={}, page={}, gates=[], lineage={})
        assert see("/versions/demand_forecast/1").status_code == 200
        assert see("/versions/demand_forecast/compare?a=1&b=2").status_code == 200

    def test_follows_it_from_the_data_to_the_decision(self, shop, see, send):
        card = Release.objects.latest("pk")
        send(f"/releases/{card.pk}/approve", said_to(card))
        page = see("/versions/demand_forecast/2").content.decode()
        told = page[page.index("From the data to the decision") :]
        steps = ["Data read", "Files signed", "Checked", "Release prepared", "Approved"]
        places = [told.index(step) for step in steps]
        assert places == sorted(places)
        assert f"{card.evidence_digest[:4]}\u00a0{card.evidence_digest[4:8]}" in told and f"/releases/{card.pk}" in told


class TestWhatCameOfIt:
    def over(self, shop, **found):
        ended = {"phase": "rolled_back", "weight": 0, "closed_because": "Shoppers order less with it"}
        return moving.shares(shop, analysis=moving.analysis(timezone.now(), **found), **ended)

    @pytest.mark.parametrize("path", ["/versions/demand_forecast/3", "/models/demand_forecast"])
    def test_leads_before_its_test_on_the_past_also_where_it_was_taken_back_for_harm(self, shop, see, path):
        Deployment.objects.filter(shop=shop).update(active=None, standby=None)
        row = self.over(shop, reason="harm", effect=moving.HARM)
        page = see(path).content.decode().replace("\u00a0", " ")
        told = [page.index(said) for said in ("What shoppers did with version 3", "tested on your past", "£1,900 less")]
        assert told == sorted(told) and f'href="/releases/{row.pk}"' in page
        assert 'tone="critical">Harm</s-badge>' in page and "<b>18 % fewer</b><span>orders per visitor" in page
        assert "Proven</s-badge>" not in page and "How to undo" not in page
        assert "Shoppers order less with it." in page and "<b>£1,900 less</b>" not in page

    def test_says_why_it_was_taken_back_where_no_figure_speaks(self, shop, see):
        row = self.over(shop, reason="severe_errors", speaks=False)
        for path in ("/versions/demand_forecast/3", f"/releases/{row.pk}"):
            page = see(path).content.decode()
            assert "Shoppers order less with it." in page and "<b>£1,900 less</b>" not in page

    def test_leads_where_both_are_compared_before_any_replay(self, shop, see):
        self.over(shop, reason="harm", effect=moving.HARM)
        page = see("/versions/demand_forecast/compare?a=1&b=3").content.decode().replace("\u00a0", " ")
        assert 'tone="critical">Worse</s-badge>' in page and "in the replay" not in page[: page.index("Choose two")]
        assert "What shoppers did with version 3, beside version 1: 18 % fewer orders per visitor, very likely" in page
        assert "earned" in see("/versions/demand_forecast/compare?a=2&b=3").content.decode()

    def test_is_nothing_before_anything_was_measured(self, shop, see):
        page = see("/versions/demand_forecast/2").content.decode()
        assert "What it is worth" in page and "tested on your past" not in page


class TestTagsAndNote:
    def test_are_kept_with_only_digests_in_the_ledger(self, shop, see, send):
        fields = {"tags": "spring, before the sale,spring", "note": "Ask <b>Ann</b>"}
        assert "Saved" in send("/versions/demand_forecast/2/annotate", fields).content.decode()
        version = ModelVersion.objects.get(number=2)
        assert (version.tags, version.note) == (["spring", "before the sale"], "Ask <b>Ann</b>")
        event = LifecycleEvent.objects.latest("seq")
        assert event.kind == "version.annotated" and set(event.details) == {"tags_digest", "note_digest"}
        page = see("/versions/demand_forecast/2").content.decode()
        assert "spring, before the sale" in page and "Ask &lt;b&gt;Ann&lt;/b&gt;" in page
        assert LifecycleEvent.broken_at(shop) is None

    def test_said_twice_are_written_down_once(self, shop, send):
        for words in ("Saved", "Nothing had changed"):
            assert words in send("/versions/demand_forecast/2/annotate", {"tags": "spring"}).content.decode()
        assert LifecycleEvent.objects.filter(kind="version.annotated").count() == 1

    def test_hold_no_address_of_a_person(self, shop, send):
        send("/versions/demand_forecast/2/annotate", {"tags": "ann@example.com", "note": "Ask ann@example.com"})
        version = ModelVersion.objects.get(number=2)
        assert (version.tags, version.note) == (["[e-mail removed]"], "Ask [e-mail removed]")

    @pytest.mark.parametrize("fields", [{"tags": ",".join(map(str, range(11)))}, {"note": "x" * 1001}])
    def test_that_are_too_many_change_nothing_and_say_so(self, shop, send, fields):
        assert "Nothing was changed" in send("/versions/demand_forecast/2/annotate", fields).content.decode()
        assert ModelVersion.objects.get(number=2).tags == []

    def test_of_another_shop_or_of_nothing_are_not_found(self, shop, another_shop, send):
        assert send("/versions/demand_forecast/2/annotate", {"tags": "a"}, domain=OTHER_SHOP).status_code == 404
        assert send("/versions/demand_forecast/99/annotate", {"tags": "a"}).status_code == 404
        assert not LifecycleEvent.objects.filter(kind="version.annotated").exists()


class TestComparing:
    def test_says_once_what_is_the_same(self, shop, see):
        page = see("/versions/demand_forecast/compare?a=1&b=2").content.decode()
        assert "version 1 and 2" in page and page.count("£1,900 less") == 1
        assert page.index("The same in both") < page.index("£1,900 less")

    def test_lays_side_by_side_what_differs(self, shop, see):
        better = {"candidate": story.METRICS["candidate"] | {"wape28": 0.31}}
        story.a_version(shop, metrics=story.METRICS | better, recipe={"lead_days": 21})
        page = see("/versions/demand_forecast/compare?a=2&b=3").content.decode()
        told = page[page.index("<summary>Technical details") :]
        assert "38.0\u00a0%" in told and "31.0\u00a0%" in told and "Lead days" in told and "not known" in told
        assert "Only technical details differ" in page and "What differs" not in page
        ModelVersion.objects.filter(number=3).update(tags=["spring"])
        page = see("/versions/demand_forecast/compare?a=2&b=3").content.decode()
        assert "spring" in page[page.index("What differs") : page.index("The same in both")]

    def test_of_a_version_with_itself_says_so(self, shop, see):
        page = see("/versions/demand_forecast/compare?a=2&b=2").content.decode()
        assert "This is version 2 twice" in page and "What differs" not in page

    @pytest.mark.parametrize("query", ["", "?a=1", "?a=1&b=99", "?a=x&b=1"])
    def test_needs_two_known_numbers(self, shop, see, query):
        assert see(f"/versions/demand_forecast/compare{query}").status_code == 404


class TestWhichEarnedMore:
    def earned(self, left, right):
        a, b = (SimpleNamespace(pk=number, number=number, **facts) for number, facts in ((1, left), (2, right)))
        return earned(a, b, "GBP")

    def replay(self, profit, low, high, **changes):
        """Return a replay beside the simple rule."""
        groups = [{"profit": profit, "interval": [low, high]}]
        facts = {"first_day": "2026-08-31", "weeks": 12, "thin": False, "versus": {"naive": groups}}
        return {"replay": facts | changes, "metrics": {}}

    def together(self, profit, low, high, **changes):
        """Return a replay beside version 1."""
        told = self.replay(0, 0, 0, **changes)
        told["replay"]["versus"]["champion"] = [{"profit": profit, "interval": [low, high]}]
        return told | {"metrics": {"compared_with": 1}}

    def test_is_proven_where_one_was_replayed_beside_the_other(self):
        found = self.earned(self.replay(0, 0, 0), self.together(50_000, 10_000, 90_000))
        assert found.is_proven
        assert found.sentence == (
            "Version 2 earned £500 more than version 1 in the replay of the same 12 weeks, "
            "very likely between £100 and £900 more. That is proven on your past."
        )

    def test_is_told_from_the_better_ones_side(self):
        found = self.earned(self.replay(0, 0, 0), self.together(-50_000, -90_000, 20_000))
        assert not found.is_proven
        assert "Version 1 earned £500 more than version 2" in found.sentence
        assert "between £200 less and £900 more. Not proven: the range includes zero." in found.sentence

    def test_is_not_proven_by_a_short_history(self):
        found = self.earned(self.replay(0, 0, 0), self.together(50_000, 10_000, 90_000, thin=True))
        assert not found.is_proven and "too short for a proof" in found.sentence

    def test_is_only_read_from_a_replay_beside_that_very_version(self):
        other = self.together(50_000, 10_000, 90_000) | {"metrics": {"compared_with": 7}}
        assert "each measured against the simple rule" in self.earned(self.replay(0, 0, 0), other).sentence

    def test_over_the_same_weeks_is_proven_only_by_ranges_apart(self):
        apart = self.earned(self.replay(10_000, 5_000, 15_000), self.replay(40_000, 30_000, 50_000))
        touching = self.earned(self.replay(10_000, 5_000, 35_000), self.replay(40_000, 30_000, 50_000))
        assert apart.is_proven and "£300 more than version 1" in apart.sentence
        assert not touching.is_proven and "ranges that overlap" in touching.sentence

    def test_over_other_weeks_is_no_fair_race(self):
        found = self.earned(self.replay(1, 1, 1, first_day="2026-01-05"), self.replay(9_000, 8_000, 10_000))
        assert not found.is_proven and "different weeks" in found.sentence

    def test_that_was_not_measured_is_said_with_its_reason(self):
        found = self.earned({"replay": {"reason": "3 of at least 4 weeks."}, "metrics": {}}, self.replay(1, 1, 1))
        assert found.sentence == (
            "Which earned more cannot be told: version 1 was not replayed: 3 of at least 4 weeks."
        )

    def test_may_be_neither(self):
        assert "earned the same" in self.earned(self.replay(5, 1, 9), self.replay(5, 1, 9)).sentence


class TestTraining:
    def test_is_asked_for_in_each_models_own_section(self, shop, see):
        page = see("/versions").content.decode()
        for case in USE_CASES.values():
            section = page[page.index(f'heading="{case.title}"') :].split("</s-section>")[0]
            assert f'data-form="train-{case.slug}"' in section

    def test_starts_on_demand(self, shop, send, queued):
        assert "Training starts" in send("/versions/demand_forecast/train").content.decode()
        assert ("train_version", (shop.pk, "demand_forecast", "merchant")) in queued

    def test_is_trained_once_by_two_clicks(self, shop, send, queued):
        for _ in range(2):
            send("/versions/demand_forecast/train")
        assert [name for name, _ in queued].count("train_version") == TrainingRun.objects.count() == 1

    def test_starts_once(self, shop, send, queued):
        TrainingRun.objects.create(shop=shop, use_case="demand_forecast", trigger="weekly", state="running")
        assert "trained already" in send("/versions/demand_forecast/train").content.decode()
        assert not [name for name, _ in queued if name == "train_version"]

    def test_of_nothing_is_not_found(self, shop, send):
        assert send("/versions/nothing/train").status_code == 404


class TestWhatWasLiveWhen:
    def test_says_what_ran_today_who_approved_it_and_what_was_checked(self, shop, see, send):
        card = Release.objects.latest("pk")
        send(f"/releases/{card.pk}/approve", said_to(card))
        page = see("/versions/then").content.decode()
        assert "Version 2" in page and "Approved" in page and "by you on" in page
        assert card.evidence["gates"][0]["name"] in page

    def test_says_that_the_simple_rule_ran_before_anything_was_approved(self, shop, see):
        page = see("/versions/then?day=2020-02-29").content.decode()
        assert "The simple rule" in page and "from the start" in page

    @pytest.mark.parametrize(
        ("day", "error"), [("2199-01-01", "still to come"), ("2026-02-30", "Write the day"), ("", "Choose a day")]
    )
    def test_says_what_is_wrong_with_a_day_and_shows_today(self, shop, see, day, error):
        answer = see(f"/versions/then?day={day}")
        assert answer.status_code == 200 and error in answer.content.decode()
