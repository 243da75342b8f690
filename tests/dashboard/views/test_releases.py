"""The decision: what the card shows, and what a yes, a no and a way back do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.models import Approval, Deployment, LifecycleEvent, Release
from tests.dashboard import story
from tests.dashboard.views.test_access import said_to


@pytest.fixture
def card(shop) -> Release:
    return Release.objects.latest("pk")


class TestTheCard:
    def test_asks_in_money_with_its_range_and_what_it_binds_to(self, card, see):
        page = see(f"/releases/{card.pk}").content.decode()
        assert "Use version 2 for all variants?" in page
        assert "£1,900 less" in page and "between £600 and £3,100 less" in page
        assert f"{card.evidence_digest[:4]}\u00a0{card.evidence_digest[4:8]}" in page
        assert "New products" in page and "Worst group" in page

    def test_has_parts_that_add_up(self, card, see):
        page = see(f"/releases/{card.pk}").content.decode()
        rows = [row.split("</td>")[1:4] for row in page.split("<tbody>")[1].split("</tbody>")[0].split("<tr")[1:]]
        little, much, total = ([int("".join(filter(str.isdigit, cell))) for cell in row] for row in rows)
        assert [a + b for a, b in zip(little, much, strict=True)] == total

    def test_is_headed_not_proven_where_it_is_not(self, shop, see):
        from pipelines.lifecycle import approval
        from pipelines.models import ModelVersion

        first = Release.objects.latest("pk")
        approval.reject(first, by="70001", reason="x", revision=first.revision)
        unproven = story.told(story.a_replay(40_000, -20_000, 90_000))
        card = story.histories.a_card(shop, state=ModelVersion.State.UNDECIDED, **unproven)
        page = see(f"/releases/{card.pk}").content.decode()
        assert "Not proven. Use version 3 for all variants?" in page
        assert "the range includes zero" in page

    def test_gives_plotly_its_numbers_on_demand(self, card, see):
        assert see(f"/releases/{card.pk}/figure.json").json()["data"]


class TestApprove:
    def test_is_one_click_to_live(self, card, send, queued):
        page = send(f"/releases/{card.pk}/approve", said_to(card)).content.decode()
        assert 'data-toast="Version 2 is live"' in page
        assert Deployment.objects.get().active == card.version
        assert Approval.objects.get().evidence_digest == card.evidence_digest
        assert ("refresh", (card.shop_id, "demand_forecast")) in queued

    @pytest.mark.parametrize(
        "changed", [{"revision": 99}, {"evidence_digest": "0" * 64}, {"artifact_digest": "f" * 64}]
    )
    def test_of_something_else_than_was_shown_changes_nothing(self, card, send, changed):
        page = send(f"/releases/{card.pk}/approve", said_to(card) | changed).content.decode()
        assert "Nothing was changed" in page
        assert Deployment.objects.get().active.number == 1
        assert not Approval.objects.exists()

    @pytest.mark.parametrize("broken", [{}, {"revision": "x"}, {"revision": "0", "artifact_digest": "no"}])
    def test_with_a_broken_form_changes_nothing(self, card, send, broken):
        assert "Nothing was changed" in send(f"/releases/{card.pk}/approve", broken).content.decode()
        assert Deployment.objects.get().active.number == 1

    def test_twice_moves_once(self, card, send):
        fields = said_to(card)
        send(f"/releases/{card.pk}/approve", fields)
        page = send(f"/releases/{card.pk}/approve", fields).content.decode()
        assert "Nothing was changed" in page
        assert Deployment.objects.get().revision == 2

    def test_of_an_expired_card_is_refused(self, card, send):
        Release.objects.filter(pk=card.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
        assert "expired" in send(f"/releases/{card.pk}/approve", said_to(card)).content.decode()


class TestReject:
    def test_asks_for_a_reason(self, card, send):
        page = send(f"/releases/{card.pk}/reject", {"revision": card.revision, "reason": " "}).content.decode()
        assert "Say in a few words why" in page

    def test_keeps_what_is_live_and_writes_the_reason_down(self, card, send):
        page = send(
            f"/releases/{card.pk}/reject", {"revision": card.revision, "reason": "too low <b>"}
        ).content.decode()
        assert "Version 2: rejected" in page
        assert "too low &lt;b&gt;" in page
        assert Deployment.objects.get().active.number == 1


class TestRollBack:
    def test_returns_to_the_version_before(self, card, send):
        send(f"/releases/{card.pk}/approve", said_to(card))
        page = send("/roll-back/demand_forecast", {"revision": Deployment.objects.get().revision}).content.decode()
        assert "Back on version 1" in page
        assert Deployment.objects.get().active.number == 1
        assert LifecycleEvent.objects.filter(kind="release.rolled_back").exists()

    def test_with_a_stale_page_changes_nothing(self, card, send):
        send(f"/releases/{card.pk}/approve", said_to(card))
        page = send("/roll-back/demand_forecast", {"revision": 1}).content.decode()
        assert "Nothing was changed" in page
        assert Deployment.objects.get().active.number == 2

    def test_is_get_free(self, card, see):
        assert see("/roll-back/demand_forecast").status_code == 405
