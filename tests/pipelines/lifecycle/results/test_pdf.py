"""A real file: its text can be read out again, in every currency, and nothing of a month is left out."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from pipelines.lifecycle.results import keep, pdf
from pipelines.models import OwnEvent
from tests import reporting
from tests.reporting import AFTER, OCTOBER

pytestmark = pytest.mark.django_db


def text_of(file: bytes) -> str:
    assert file.startswith(b"%PDF-")
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(file)).pages).split())


def printed(shop) -> str:
    return text_of(pdf.printed(keep.make(shop, OCTOBER, AFTER)))


def test_claims_marks_and_the_answer_can_be_read_out(shop, version):
    reporting.a_good_month(version)
    OwnEvent.objects.create(shop=shop, name="Drop", first_day=OCTOBER.days[4], last_day=OCTOBER.days[6])
    text = printed(shop)
    for said in (
        "Results for October 2026",
        "On what is proven, yes",
        "Proven",
        "Not measured",
        "25 % smaller",
        "usual days",
        "5 to 7 Oct: Drop",
        "How near the answers came",
        "20.0 %",
        "CPU hours",
        "no promise",
        "page 1 of",
    ):
        assert said in text.replace("\u00a0", " "), said


@pytest.mark.parametrize(
    ("currency", "sign"), [("GBP", "£"), ("EUR", "€"), ("JPY", "¥"), ("INR", "₹"), ("TRY", "₺"), ("UAH", "₴")]
)
def test_the_font_has_the_sign_of_the_currency(currency, sign):
    shop = reporting.a_shop(currency=currency)
    reporting.a_good_month(reporting.live(shop))
    assert sign in printed(shop)


@pytest.mark.parametrize("name", ["Łódź Süßwaren & Žižkov", "Ελλάδα", "Магазин", "x" * 255])
def test_names_of_all_kinds_are_printed(name):
    assert name[:20] in printed(reporting.a_shop(name=name))


def test_an_empty_month_has_no_figure_that_is_not_there(shop):
    text = printed(shop)
    assert "No money is proven for this month." in text and "Nobody can say yet" in text
    assert "£0" not in text.replace("£0 in sales", "").replace("£0.0", "")


def test_it_stays_small_and_carries_its_title(shop, version):
    reporting.a_good_month(version)
    file = pdf.printed(keep.make(shop, OCTOBER, AFTER))
    reader = PdfReader(io.BytesIO(file))
    assert reader.metadata.title == "Results for October 2026"
    assert len(file) < 200_000 and len(reader.pages) <= 4
    assert (round(reader.pages[0].mediabox.width), round(reader.pages[0].mediabox.height)) == (595, 842)
