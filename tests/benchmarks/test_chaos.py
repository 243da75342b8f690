"""The benchmark of chaos, in parts: it kills what it started, fills the disk, and sees what was lost."""

from __future__ import annotations

import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile

from benchmarks.chaos import compared, harm
from benchmarks.rig import load
from benchmarks.rig.disk import FULL, FillingFileSystemStorage
from benchmarks.rig.shops import deliveries
from pipelines.ops import layout, redis_server
from pipelines.ops.demo_settings import DemoPlan
from pipelines.ops.supervisor import Demo
from pipelines.shopify.reading import payloads
from pipelines.shopify.reading.topics import TOPICS, minimise


@pytest.fixture
def hurting(tmp_path: Path) -> Any:
    places = layout.prepare(tmp_path)
    demo = Demo(DemoPlan(places.state, 0, 0), places, {})
    yield harm.Harm(demo, random.Random(1), lambda text: None)
    demo.stop()


@pytest.fixture
def sender() -> Any:
    demo = SimpleNamespace(plan=SimpleNamespace(port=0), env={"SHOPIFY_API_SECRET": "secret"})
    return deliveries.Sender(demo, random.Random(1))  # type: ignore[arg-type]


def test_what_it_kills_comes_back_without_what_redis_had_written(hurting: harm.Harm) -> None:
    places = hurting.demo.places
    hurting.demo.children.append(redis_server.start(places))
    before = hurting.demo.children[0].process.pid
    (places.state / "redis" / "mark").touch()
    hurting.lose_the_queue()
    assert hurting.demo.children[0].process.pid != before and redis_server.answers(redis_server.socket_path(places))
    assert not (places.state / "redis" / "mark").exists() and hurting.kills["Redis"] == 1


def test_each_trouble_has_its_turn_before_any_comes_again(hurting: harm.Harm) -> None:
    dealt = [next(hurting.modes) for _ in range(2 * len(harm.FAULTS))]
    assert sorted(dealt[: len(harm.FAULTS)]) == sorted(dealt[len(harm.FAULTS) :]) == sorted(harm.FAULTS)


def test_a_full_disk_takes_half_a_file_and_says_so(tmp_path: Path, settings: Any) -> None:
    settings.STATE_DIR = tmp_path
    disk = FillingFileSystemStorage()
    disk.save("whole", ContentFile(b"1234"))
    (tmp_path / FULL).touch()
    with pytest.raises(OSError, match="No space left"):
        disk.save("half", ContentFile(b"1234"))
    assert [(tmp_path / "artifacts" / name).read_bytes() for name in ("whole", "half")] == [b"1234", b"12"]


def test_an_order_must_end_as_its_last_delivery_reads(sender: deliveries.Sender) -> None:
    told = [deliveries.message(7, state) for state in range(deliveries.STATES)]
    sender.acknowledged = {each.webhook_id: each for each in told}
    who = payloads.Sender(1, "EUR", "w", "2026-11-24T00:00:00Z", 0)
    last = payloads.order(minimise(TOPICS[told[-1].topic], json.loads(told[-1].body)).payload, who)
    assert compared.last_states(sender) == {last.order.shopify_id: last.order.total_minor}
    assert len(last.lines) == compared.LINES


def test_an_order_of_which_a_state_was_not_acknowledged_is_not_compared(sender: deliveries.Sender) -> None:
    told = [deliveries.message(7, state) for state in range(deliveries.STATES - 1)]
    sender.acknowledged = {each.webhook_id: each for each in told}
    assert compared.last_states(sender) == {}


def test_what_the_door_answered_wrongly_fails_with_its_name(sender: deliveries.Sender) -> None:
    sender.faults.append("nested was answered 500")
    wrong = next(check for check in compared.sent(sender) if check.name == "answered_wrongly")
    assert not wrong.ok and "nested" in wrong.target


def test_what_is_broken_takes_no_line_from_an_order_that_counts() -> None:
    broken = {line["id"] for line in load.order(deliveries.BROKEN)["line_items"]}
    assert not broken & {line["id"] for number in range(3) for line in load.order(number)["line_items"]}
