"""Pages speak a merchant's language; what only builders of models need stands under "Technical details"."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from pipelines.models import ModelVersion, Release
from tests import histories
from tests.dashboard import moving
from tests.identities import COLLEAGUE

PAGES = (
    "/",
    "/forecasts",
    "/forecasts/200000",
    "/recommendations",
    "/models/recommendations",
    "/models/demand_forecast",
    "/conversion",
    "/versions",
    "/versions/demand_forecast/1",
    "/versions/demand_forecast/2",
    "/versions/demand_forecast/compare?a=1&b=2",
    "/experiments",
    "/results",
    "/alerts",
    "/alerts/channels",
    "/data",
    "/settings",
    "/settings/rules",
    "/test-store",
    "/start",
    "/no-such-page",
)
JARGON = re.compile(
    r"\b(?:RMSS?E|MASE|WAPE|seeds?|digests?|class(?:es)? [ABC]|quantiles?|percentiles?|pinball|[ep]-values?|CUSUM|PSI"
    r"|SHA-?256|bootstrap\w*|Croston\w*|back-?tests?|champion|challenger|candidate|canary|artifacts?|baseline|naive"
    r"|dispersion|standard deviations?|hash(?:es)?|stratified|conformal|lineage|payload|quarantined?|metrics?"
    r"|idempotent|scikit-learn|numpy|user numbers?|[0-9a-f]{4}\u00a0[0-9a-f]{4}|(?=[a-f]*[0-9])[0-9a-f]{12,})\b",
    re.IGNORECASE,
)
SHOWN = ("heading", "subheading", "label", "placeholder", "error", "accessibilitylabel", "aria-label", "title")
SILENT = {"details", "script", "style"}
VOID = {"meta", "link", "input", "br", "hr", "img", "path", "line", "rect", "circle"}


class Reader(HTMLParser):
    """Reads what a page shows before anybody opens its details."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.read: list[str] = []
        self.summaries: list[str] = []

    @property
    def is_silent(self) -> bool:
        return not SILENT.isdisjoint(self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if not self.is_silent:
            self.read += [value for name, value in attrs if name in SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        while tag in self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "summary":
            self.summaries.append(data)
        if not self.is_silent:
            self.read.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def jargon(html: str) -> list[str]:
    return JARGON.findall(" ".join(read(html).read))


@pytest.fixture
def learned(shop):
    """Give both versions the lineage and the settings that a training writes."""
    made = {"code_revision": "5f" * 20, "image_digest": f"sha256:{'5f' * 32}", "libraries": {"numpy": "2.3.1"}}
    with histories.anything_goes():
        for version in ModelVersion.objects.for_shop(shop):
            facts = {"lineage": made, "recipe": {"seed": version.number}, "note": "", "content_digest": "5f" * 32}
            ModelVersion.objects.filter(pk=version.pk).update(**facts)
    return shop


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("sub", [None, COLLEAGUE], ids=["owner", "colleague"])
def test_no_page_shows_jargon(learned, see, path, sub):
    answer = see(path, **({"sub": sub} if sub else {}))
    assert len("".join(read(answer.content.decode()).read)) > 200, "nothing was read"
    assert jargon(answer.content.decode()) == []


def test_no_release_shows_jargon(learned, see, queued):
    for row in (Release.objects.latest("pk"), moving.shares(learned), moving.half_way(learned)):
        for path in (f"/releases/{row.pk}", "/experiments", "/"):
            assert jargon(see(path).content.decode()) == [], path


@pytest.mark.parametrize("path", ["/versions/demand_forecast/2", "/versions/demand_forecast/compare?a=1&b=2"])
def test_details_hold_what_builders_need(learned, see, path):
    html = see(path).content.decode()
    told = html[html.index("<summary>Technical details") :]
    assert "RMSSE 0.710 with" in told and "5f5f" in told and "numpy" in told and f"sha256:{'5f' * 32}" in told
    assert "Technical details" in read(html).summaries


def test_the_reader_finds_what_is_shown_and_nothing_else():
    assert jargon('<p>An RMSSE</p><s-section heading="Digest"></s-section><i>abcd\u00a01234</i>') == [
        "RMSSE",
        "Digest",
        "abcd\u00a01234",
    ]
    assert jargon("<details><summary>Technical details</summary><p>RMSSE</p></details><p>Units<br> sold</p>") == []
