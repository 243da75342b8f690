"""Who may see and do what: owner, colleague, stranger, nobody."""

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from dashboard.urls import urlpatterns
from pipelines.models import Deployment, ModelVersion, Release, ShopSettings
from tests.identities import COLLEAGUE, OTHER_SHOP, bearer

OPEN = {"bounce"}
GUARDED = [pattern for pattern in urlpatterns if pattern.name not in OPEN]


def address(pattern: URLPattern) -> str:
    """Return an address that the pattern matches."""
    made = {"pk": 1, "number": 1, "variant_id": 200_000, "use_case": "demand_forecast", "month": "2026-10", "name": "a"}
    return reverse(pattern.name, kwargs={name: made[name] for name in pattern.pattern.converters})


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", GUARDED, ids=lambda pattern: pattern.name)
class TestNobody:
    def test_a_fetch_without_a_token_is_asked_for_one(self, client: Client, pattern: URLPattern):
        answer = client.get(address(pattern), headers={"HX-Request": "true"})
        assert answer.status_code == 401
        assert answer["X-Shopify-Retry-Invalid-Session-Request"] == "1"

    def test_a_post_without_a_token_does_nothing(self, client: Client, pattern: URLPattern):
        assert client.post(address(pattern), {"id_token": bearer()["Authorization"][7:]}).status_code == 401


class TestStranger:
    """Who asks for things of another shop is tried at every address in tests/tenancy."""

    @pytest.mark.parametrize("path", ["/forecasts.csv", "/order-list.csv", "/settings/rules.csv"])
    def test_downloads_own_rows_only(self, shop, another_shop, see, path):
        assert len(b"".join(see(path, domain=OTHER_SHOP)).splitlines()) == 1


class TestColleague:
    def test_sees_why_the_decision_is_not_theirs(self, shop, see):
        page = see(f"/releases/{Release.objects.latest('pk').pk}", sub=COLLEAGUE).content.decode()
        assert "Only the account owner" in page
        assert '<s-button variant="primary" type="submit" disabled>Approve' in page

    def test_cannot_approve(self, shop, send):
        card = Release.objects.latest("pk")
        told = send(f"/releases/{card.pk}/approve", said_to(card), sub=COLLEAGUE).content.decode()
        assert "Only the account owner" in told
        assert Deployment.objects.get().active.number == 1

    def test_cannot_reject_or_roll_back(self, shop, send):
        card = Release.objects.latest("pk")
        send(f"/releases/{card.pk}/reject", {"revision": card.revision, "reason": "no"}, sub=COLLEAGUE)
        send("/roll-back/demand_forecast", {"revision": Deployment.objects.get().revision}, sub=COLLEAGUE)
        card.refresh_from_db()
        assert card.is_waiting_for_merchant
        assert Deployment.objects.get().active.number == 1

    def test_cannot_name_themselves_as_approver(self, shop, send):
        from dashboard.forms.pages import SettingsForm

        fields = SettingsForm.shown(shop.settings) | {"revision": 0, "approvers": COLLEAGUE}
        told = send("/settings", fields, sub=COLLEAGUE).content.decode()
        assert "Only the account owner" in told
        assert ShopSettings.objects.get(shop=shop).approvers == []

    def test_may_approve_once_the_owner_says_so(self, shop, send):
        ShopSettings.objects.filter(shop=shop).update(approvers=[COLLEAGUE])
        card = Release.objects.latest("pk")
        send(f"/releases/{card.pk}/approve", said_to(card), sub=COLLEAGUE)
        assert Deployment.objects.get().active == ModelVersion.objects.get(number=2)


def said_to(card: Release) -> dict[str, object]:
    """Return the fields that the card's form carries."""
    return {
        "revision": card.revision,
        "artifact_digest": card.version.artifact_digest,
        "evidence_digest": card.evidence_digest,
    }
