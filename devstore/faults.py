"""Trouble on demand: the API that is down, slow, throttled, or gives out spoilt files."""

from threading import Lock

MODES = {
    "down": 0, "slow": 0, "401": 401, "402": 402, "403": 403, "404": 404, "423": 423, "429": 429, "5xx": 503,
    "throttled": 200, "malformed_jsonl": 0, "half_file": 0, "expired_url": 0, "half_bulk": 0,
    "bad_line": 0, "no_lifetime": 0,
}  # fmt: skip
FILE_MODES = ("malformed_jsonl", "half_file", "expired_url")
HALF_BULK = "half_bulk"  # the next operation fails half-way
BAD_LINE = "bad_line"  # one line of the next bulk mutation is refused
NO_LIFETIME = "no_lifetime"  # the next token is given without saying how long it lives
MESSAGES = {
    "401": "[API] Invalid API key or access token (unrecognized login or wrong password)",
    "402": "Unavailable Shop",
    "403": "Forbidden",
    "404": "Not Found",
    "423": "Locked",
    "429": "Exceeded request limit per second for api client. Reduce request rates to resume uninterrupted service.",
    "5xx": "Internal Server Error",
}


class Faults:
    """Hold how many of the next answers go wrong, by mode."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        self._lock = Lock()

    def plan(self, mode: str, times: int) -> None:
        """Let the next answers fail; 0 ends it."""
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}")
        with self._lock:
            self._left[mode] = times

    def next(self, *modes: str) -> str | None:
        """Use up one planned fault of these modes."""
        with self._lock:
            for mode in modes:
                if self._left.get(mode, 0) > 0:
                    self._left[mode] -= 1
                    return mode
        return None

    def left(self) -> dict[str, int]:
        """Return what is still planned."""
        return {mode: times for mode, times in self._left.items() if times}
