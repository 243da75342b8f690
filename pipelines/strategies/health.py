"""What a row of windows says of one arm (METHODS 4f): one bad window is a warning, three of five are a breach.

Quiet windows neither count nor reset, and neither do windows in which the monitor itself was down.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.strategies.contract import Health, Window

LOOKED_AT = 5  # windows
SUSTAINED = 3  # breaches among them
FLAPPING = 2
SEVERE = 3  # windows in a row
RECOVERY = 3  # windows in a row without a breach
SILENT = 2  # windows without data: hold
LOST = 6  # windows without data: take the new version away


def seen(windows: Sequence[Window]) -> list[Window]:
    """Keep the windows that say something of the version."""
    return [window for window in windows if window.health in (Health.OK, Health.BREACH)]


def answered(windows: Sequence[Window]) -> int:
    """Count the windows that were well."""
    return sum(window.health is Health.OK for window in windows)


def breach_of(windows: Sequence[Window]) -> int:
    """Count the breaches among the last windows."""
    return sum(window.health is Health.BREACH for window in seen(windows)[-LOOKED_AT:])


def is_sustained(windows: Sequence[Window]) -> bool:
    """Tell whether the version breaches for good, not once."""
    return breach_of(windows) >= SUSTAINED


def is_severe(windows: Sequence[Window]) -> bool:
    """Tell whether errors are far over the objective in each of the newest windows."""
    newest = seen(windows)[-SEVERE:]
    return len(newest) == SEVERE and all(window.severe for window in newest)


def broken_by(windows: Sequence[Window]) -> str:
    """Say why the newest answers cannot be right; nothing where they can."""
    newest = seen(windows)[-1:]
    return next((window.broken for window in newest), "")


def is_flapping(windows: Sequence[Window]) -> bool:
    """Tell whether breaches come and go: worth a warning, no rollback."""
    return FLAPPING <= breach_of(windows) < SUSTAINED


def silence_of(windows: Sequence[Window]) -> int:
    """Count the newest windows in which units were expected and none came."""
    silent = 0
    for window in reversed(windows):
        if window.health in (Health.OK, Health.BREACH):
            break
        silent += window.health is Health.NO_DATA
    return silent


def is_down(windows: Sequence[Window]) -> bool:
    """Tell whether the monitor itself is down: both arms are silent."""
    telling = [window for window in windows if window.health is not Health.QUIET]
    return bool(telling) and telling[-1].health is Health.DOWN


def is_settled(windows: Sequence[Window]) -> bool:
    """Tell whether the newest windows hold no breach and no silence, and the monitor is up."""
    recent = seen(windows)[-RECOVERY:]
    return not (breach_of(recent) or silence_of(windows) or is_down(windows))
