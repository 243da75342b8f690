"""What a use case says of a version as it is stored: plain values that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stored:
    """Hold the figures of `evaluate`, or the page of `present`."""

    content: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return dict(self.content)
