"""Records of which each answer makes dozens: that nobody changes one is seen to by the type checker alone.

A field that guards itself, as those of a frozen dataclass do, takes five times as long to be written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """Make a dataclass that is compared and found by its values, as a frozen one is."""
        return dataclasses.dataclass(slots=slots, unsafe_hash=frozen)


__all__ = ["record"]
