"""Levers of time: the clock is turned, a scenario begins, its days pass."""

from datetime import UTC, datetime
from typing import Any

from devstore import clock
from devstore.platform import Platform
from devstore.trading import CannotTrade


def shop_meant(platform: Platform, asked: dict[str, Any]) -> str:
    """Return the shop that is meant: the only one, unless it is named."""
    if asked.get("shop"):
        return str(asked["shop"])
    rows = platform.store.all("SELECT domain FROM shops ORDER BY created_at, domain")
    if not rows:
        raise CannotTrade("There is no shop here yet.")
    return rows[0]["domain"]


def begin_scenario(platform: Platform, asked: dict[str, Any]) -> Any:
    """Let a scenario begin with this day."""
    playing = platform.playing(shop_meant(platform, asked))
    run = playing.begin(str(asked["name"]), int(asked.get("seed", 0)))
    _remember(platform)
    return playing.told(run)


def play(platform: Platform, asked: dict[str, Any]) -> Any:
    """Let time pass as the scenario says, by hours or to a moment."""
    playing = platform.playing(shop_meant(platform, asked))
    run = playing.play(int(_asked_time(asked)))
    _remember(platform)
    return playing.told(run)


def visit(platform: Platform, asked: dict[str, Any]) -> Any:
    """Let those who visit up to a moment come now, while time stands; what they buy is sold when it is played."""
    playing = platform.playing(shop_meant(platform, asked))
    return playing.told(playing.visit(int(_asked_time(asked))))


def _remember(platform: Platform) -> None:
    """Note how far ahead the clock is now, also for a later start."""
    with platform.store.writing() as db:
        db.execute("INSERT OR REPLACE INTO clock VALUES (1, ?)", (clock.ahead(),))


def _asked_time(asked: dict[str, Any]) -> float:
    if asked.get("at"):
        to = datetime.fromisoformat(str(asked["at"]))
        return (to if to.tzinfo else to.replace(tzinfo=UTC)).timestamp()
    return clock.seconds() + float(asked["forward_hours"]) * 3600


def turn_clock(platform: Platform, asked: dict[str, Any]) -> Any:
    """Put the store's clock forward, by hours or to a time; what is due by then is sent at once."""
    clock.turn(_asked_time(asked))
    _remember(platform)
    platform.webhooks.wake()
    return {"now": clock.moment().isoformat()}
