"""How much one sender may tell: so many at once, and so many a second; each process counts for itself, in memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_SENDERS = 20_000  # that are remembered; who was not heard of longest is forgotten


class Limit:
    """Lets each sender through as long as there is something left in its bucket, which fills by itself."""

    def __init__(
        self, at_once: float, a_second: float, clock: Callable[[], float] = time.monotonic, most: int = MOST_SENDERS
    ) -> None:
        self.at_once, self.a_second, self.clock, self.most = at_once, a_second, clock, most
        self.left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def takes(self, sender: str, amount: int = 1) -> bool:
        """Tell whether a sender may send so much now, and note it; who may not loses nothing."""
        now = self.clock()
        left, at = self.left.pop(sender, (self.at_once, now))
        left = min(self.at_once, left + (now - at) * self.a_second)
        is_taken = amount <= left
        self.left[sender] = (left - amount if is_taken else left, now)
        if len(self.left) > self.most:
            self.left.popitem(last=False)
        return is_taken
