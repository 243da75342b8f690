"""Home answers with the parts that changed since it was rendered, and with nothing where nothing did."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from dashboard.views.home import HOME
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.pages import changes
from pipelines.models import TrainingRun
from tests import histories
from tests.identities import OTHER_SHOP, SHOP

pytestmark = pytest.mark.django_db


def mark_of(page: str) -> str:
    """Return the mark that a page carries."""
    marks = set(re.findall(r"seen=([0-9a-f.]+)", page))
    assert len(marks) == 1, "the stream and the question for changes begin at the same mark"
    return marks.pop()


def parts(answer) -> list[str]:
    """Name the parts that an answer brings."""
    return re.findall(r'<hx-partial hx-target="#([\w-]+)"', answer.content.decode())


@pytest.fixture
def seen(shop, see) -> str:
    return mark_of(see("/").content.decode())


def test_a_page_is_rendered_with_all_its_parts(shop, see):
    page = see("/").content.decode()
    assert [name for name in HOME.parts if f'id="{name}"' in page] == list(HOME.parts)


def test_every_topic_of_a_part_is_one_that_is_told():
    assert {topic for _, topics in HOME.parts.values() for topic in topics} <= set(changes.TOPICS)


def test_nothing_is_sent_while_nothing_changes(see, seen):
    answer = see("/changes", seen=seen)
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_new_alert_brings_the_part_that_shows_it_alone(shop, see, seen):
    board.tell(shop, "slow", title="Answers are slow", next_step="Wait.", now=timezone.now())
    answer = see("/changes", seen=seen)
    assert parts(answer) == ["home-needs"]
    assert "Answers are slow" in answer.content.decode()
    assert see("/changes", seen=mark_of(answer.content.decode())).status_code == 204


def test_a_training_brings_its_progress_and_what_speaks_of_it(shop, see, seen):
    TrainingRun.objects.create(shop=shop, use_case="demand_forecast", trigger="weekly", state="running", percent=40)
    answer = see("/changes", seen=seen)
    assert parts(answer) == list(HOME.parts)
    assert "40&nbsp;% done" in answer.content.decode()
    seen = mark_of(answer.content.decode())
    TrainingRun.objects.update(percent=60)
    assert parts(see("/changes", seen=seen)) == ["home-progress"]


def test_a_live_page_is_not_polled_twice(shop, see):
    TrainingRun.objects.create(shop=shop, use_case="demand_forecast", trigger="weekly", state="running")
    assert "every 2s" in see("/").content.decode()
    assert "/progress?" not in see("/").content.decode()
    assert "/progress?" in see("/versions").content.decode()


def test_an_order_brings_the_figures(shop, see, seen):
    histories.an_order(shop, timezone.now(), [])
    assert "home-figures" in parts(see("/changes", seen=seen))


@pytest.mark.parametrize("said", ["", "x" * 5000, "<script>", "a.b.c"])
def test_who_says_nonsense_is_given_everything(shop, see, said):
    answer = see("/changes", seen=said)
    assert parts(answer) == list(HOME.parts)
    assert b"<script>" not in answer.content


def test_it_is_for_who_proves_the_shop_and_of_that_shop(shop, another_shop, client, see):
    assert client.get("/changes", headers={"HX-Request": "true"}).status_code == 401
    mine = mark_of(see("/", domain=SHOP).content.decode())
    board.tell(another_shop, "slow", title="Answers are slow", next_step="Wait.", now=timezone.now())
    assert see("/changes", seen=mine).status_code == 204
    assert b"Answers are slow" in see("/changes", domain=OTHER_SHOP, seen=mine).content
