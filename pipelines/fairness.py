"""Who is next on a queue: the shop that holds fewest of its workers, then the one that had least of their time lately.

By order of asking alone a shop of many long trainings holds every trainer while the others wait. Nothing is locked
here: what a shop holds stands in RQ's own lists, where a killed worker's job ends by itself, and what it had is
forgotten within the hour. As long as anything waits, something is taken.
"""

from __future__ import annotations

import time
from typing import Any, cast
from uuid import uuid4

from redis import Redis
from rq.intermediate_queue import IntermediateQueue
from rq.registry import StartedJobRegistry

LATELY = 3600  # seconds: after them nobody has had anything
LOOKS = 1000  # so many of those that wait are looked at

# One script, so that no two workers choose by the same sight. A job without a shop holds nothing and has had nothing.
TAKE = """
local waiting, in_hand, started, had = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now, looks, is_kept = ARGV[1], ARGV[2], ARGV[3] == '1'
local holds, counted = {}, {}

local function shop_of(id) return string.match(id, '^shop(%d+)-') end

local function count(id)
  local shop = shop_of(id)
  if shop and not counted[id] then holds[shop] = (holds[shop] or 0) + 1 end
  counted[id] = true
end

for _, id in ipairs(redis.call('LRANGE', in_hand, 0, -1)) do count(id) end
for _, run in ipairs(redis.call('ZRANGEBYSCORE', started, now, '+inf')) do count(string.match(run, '^[^:]+')) end

local best, fewest, least
for _, id in ipairs(redis.call('LRANGE', waiting, 0, looks - 1)) do
  local shop = shop_of(id)
  local holding = holds[shop or ''] or 0
  local seconds = shop and tonumber(redis.call('HGET', had, shop) or 0) or 0
  if not best or holding < fewest or (holding == fewest and seconds < least) then
    best, fewest, least = id, holding, seconds
  end
  if fewest == 0 and least == 0 then break end
end

if best then
  redis.call('LREM', waiting, 1, best)
  if is_kept then redis.call('RPUSH', in_hand, best) end
end
return best
"""


def job_id(shop_id: int | None) -> str:
    """Make an id for a job that names its shop, if it has one."""
    return f"shop{shop_id}-{uuid4()}" if shop_id else str(uuid4())


def take(connection: Redis, queue_key: str, *, is_kept: bool) -> bytes | None:
    """Take the job that is next off a queue, and keep it among those in hand where it is to be found again."""
    name = queue_key.rpartition(":")[2]
    in_hand = IntermediateQueue.get_intermediate_queue_key(queue_key)
    started = StartedJobRegistry(name, connection=connection).key
    asked: list[Any] = [queue_key, in_hand, started, had_key(queue_key), int(time.time()), LOOKS, int(is_kept)]
    return cast("bytes | None", connection.eval(TAKE, 4, *asked))


def note(connection: Redis, queue_key: str, id: str, seconds: float) -> None:
    """Note how long the job of a shop held a worker."""
    prefix, _, rest = id.partition("-")
    if prefix.startswith("shop") and rest:
        key = had_key(queue_key)
        connection.hincrbyfloat(key, prefix.removeprefix("shop"), seconds)
        if cast(int, connection.ttl(key)) < 0:
            connection.expire(key, LATELY)


def had_key(queue_key: str) -> str:
    """Name what keeps the seconds that each shop had of a queue's workers lately."""
    return f"{queue_key}:had"
