"""What a window of monitoring can say of a feature or a figure; what is not known has words of its own."""

from __future__ import annotations

from enum import StrEnum


class Finding(StrEnum):
    """Name what was found; only OK may be shown in green."""

    OK = "ok"
    DRIFT = "drift"
    BREACH = "breach"
    INSUFFICIENT = "insufficient"
    NO_DATA = "no_data"

    @property
    def is_decided(self) -> bool:
        """Tell whether there was enough to judge by."""
        return self in (Finding.OK, Finding.DRIFT, Finding.BREACH)


CHANGED = (Finding.DRIFT, Finding.BREACH)


class Problem(StrEnum):
    """Name what breaks a feature's schema."""

    CONSTANT = "constant"
    MISSING = "missing"
    UNSEEN = "unseen"
