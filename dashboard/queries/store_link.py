"""Test store: which store is it, and what did candidates do there?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.brought import Part, brought_by
from dashboard.queries.words import Badge
from pipelines import words
from pipelines.lifecycle import approvers
from pipelines.lifecycle.sandbox import links
from pipelines.models import ModelVersion, Shop, Staff, StagedField, StagingRun, StoreLink
from pipelines.shopify.domains import admin_page
from pipelines.usecases import USE_CASES
from pipelines.usecases.wording import Words

RUNS_SHOWN = 10
STATES = {
    "waiting": Badge("Waiting", "info"),
    "running": Badge("Running", "info"),
    "passed": Badge("Passed", "success"),
    "failed": Badge("Failed", "critical"),
    "stopped": Badge("Stopped"),
}


@dataclass(frozen=True)
class Run:
    """One test of one version."""

    run: StagingRun

    @property
    def badge(self) -> Badge:
        return STATES[self.run.state]

    @property
    def name(self) -> str:
        return f"Version {self.run.version.number}"

    @property
    def title(self) -> str:
        return USE_CASES[self.run.use_case].title

    @property
    def against(self) -> str:
        told: str = self.run.result.get("against", "")
        return told[:1].upper() + told[1:]

    @property
    def is_open(self) -> bool:
        return not self.run.is_over

    @property
    def percent(self) -> int:
        return int(self.run.result.get("percent", 0))

    @property
    def words(self) -> Words:
        return USE_CASES[self.run.use_case].words

    @property
    def details(self) -> Part | None:
        """Give what the use case tells of the test besides."""
        return brought_by(self.run.use_case).staged(self.run)

    @property
    def repeats(self) -> str:
        """Say whether the test itself can be trusted."""
        aa = self.run.aa
        if not aa:
            return ""
        if aa["same"]:
            asked = f"Asked twice on {aa['days']} days"
            return f"{asked}, {self.run.result['against']} gave the same answer to the last digit."
        return f"{self.against} did not give the same answer twice. Nothing else of this test means anything."

    @property
    def matched(self) -> str:
        """Say what was found in the test store, and by what."""
        told = self.run.published
        if "sku" not in told:
            return ""
        found = f"{told['sku']:,} by SKU, {told['title']:,} by title"
        return f"{found}, {words.counted(told['unmatched'], self.words.unit, self.words.units)} not found"

    @property
    def preview(self) -> str:
        """Give the address of a product in the test store's admin that shows the candidate's advice."""
        product, store = self.run.published.get("preview"), self.run.test_shop
        if not product or store is None or not self.run.published.get("variants"):
            return ""
        return admin_page(store.domain, f"products/{product}")


@dataclass(frozen=True)
class StoreLinkPage:
    """Everything on the page, for the real shop, the test store, or neither yet."""

    link: StoreLink | None
    of: StoreLink | None  # the link by which this shop is a test store, or is about to be
    fields_here: int
    now: datetime
    runs: list[Run]
    candidate: ModelVersion | None  # the newest version that could be tested now
    why_not: str  # why this person may not decide
    code: str = ""

    @property
    def state(self) -> str:
        """Name what the page shows: linked, confirm, code, is_test, entered or none."""
        if self.of and self.of.confirmed_at:
            return "is_test"
        if self.link and self.link.confirmed_at:
            return "linked"
        if self.link and links.awaits_confirmation(self.link, self.now):
            return "confirm"
        if self.of and links.awaits_confirmation(self.of, self.now):
            return "entered"
        link = self.link
        if link and link.code_digest and link.code_expires_at and link.code_expires_at > self.now:
            return "code"
        return "none"

    @property
    def newest(self) -> Run | None:
        return self.runs[0] if self.runs else None


def store_link_page(shop: Shop, staff: Staff | None, now: datetime, code: str = "") -> StoreLinkPage:
    """Read the link and what was tested; the test store itself learns only whose it is and what it holds."""
    runs = StagingRun.objects.for_shop(shop).select_related("version", "test_shop").order_by("-created_at", "-pk")
    link = links.link_of(shop)
    of = links.link_as_test_store(shop)
    return StoreLinkPage(
        link=link,
        of=of,
        fields_here=StagedField.objects.for_shop(of.shop_id).filter(is_sent=True).count() if of else 0,
        now=now,
        runs=[Run(run) for run in runs[:RUNS_SHOWN]],
        candidate=newest_candidate(shop) if link and link.confirmed_at else None,
        why_not=approvers.why_not_allowed(shop, staff.sub) if staff else "Open the app again in a minute.",
        code=code,
    )


def newest_candidate(shop: Shop) -> ModelVersion | None:
    """Return the newest version that may be released and is not being tested right now."""
    could = ModelVersion.objects.for_shop(shop).filter(state__in=("validated", "undecided"))
    busy = StagingRun.objects.for_shop(shop).filter(state__in=("waiting", "running")).values("version")
    return could.exclude(pk__in=busy).order_by("-created_at").first()
