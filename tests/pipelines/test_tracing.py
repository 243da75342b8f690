"""What a line belongs to is known while it lasts, and handed from a request to its job and the job after that."""

from __future__ import annotations

import asyncio

import pytest

from pipelines import tracing
from pipelines.jobs import queue
from pipelines.jobs.queue import job
from tests.loops import run

seen: list[dict[str, str]] = []


@job()
def second(version_id: int) -> None:
    seen.append(tracing.ids())


@job()
def first(shop_id: int, use_case: str) -> None:
    seen.append(tracing.ids())
    second.enqueue(9)


def test_it_is_known_until_the_end_and_no_longer() -> None:
    with tracing.known(request="a"):
        with tracing.known(job="b"):
            assert tracing.ids() == {"request": "a", "job": "b"}
        assert tracing.ids() == {"request": "a"}
    assert tracing.ids() == {}


def test_requests_that_are_answered_together_keep_their_own() -> None:
    async def one(name: str) -> str:
        with tracing.known(request=name):
            await asyncio.sleep(0)
            return tracing.ids()["request"]

    async def together() -> list[str]:
        return await asyncio.gather(*(one(name) for name in "abc"))

    assert run(together()) == ["a", "b", "c"]


@pytest.mark.parametrize("given", [b"", b"short", b"x" * 65, b"a b c d e f g", b"abcdefgh\n", "ümlautümlaut".encode()])
def test_only_a_plain_id_is_taken_from_outside(given: bytes) -> None:
    assert tracing.request_id(given) != given.decode(errors="replace") and len(tracing.request_id(given)) == 16
    assert tracing.request_id(b"0af7651916cd43dd") == "0af7651916cd43dd"


@pytest.mark.django_db
def test_a_request_its_job_and_the_job_after_that_are_joined(settings) -> None:
    settings.JOBS_INLINE = False
    queue.connection().flushdb()
    seen.clear()
    with tracing.known(request="0af7651916cd43dd", delivery=5):
        first.enqueue(7, "demand_forecast")
    assert tracing.ids() == {}
    from rq import SimpleWorker
    from rq.serializers import JSONSerializer

    worker = SimpleWorker(["default"], connection=queue.connection(), serializer=JSONSerializer)
    worker.work(burst=True)
    worker.work(burst=True)
    one, two = seen
    assert (one["request"], one["shop_id"], one["use_case"]) == ("0af7651916cd43dd", "7", "demand_forecast")
    assert one["job"].endswith("test_tracing.first") and one["job_id"]
    assert (two["request"], two["led_by"], two["version_id"]) == ("0af7651916cd43dd", one["job_id"], "9")
    assert one["delivery"] == two["delivery"] == "5"
    queue.connection().flushdb()
