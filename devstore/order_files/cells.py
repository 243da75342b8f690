"""Cells of a file as numbers and times: each has one reading, or is refused by its name."""

import re
from datetime import datetime
from typing import Any

from devstore.order_files.lines import Findings

HUGE = 1_000_000
YEARS = range(1990, 2100)
GAPS = re.compile("(?<=\\d)['\u2019 \u00a0\u2009\u202f](?=\\d)")  # signs for thousands that are never one for decimals
UNCLEAR = re.compile(r"[+-]?\d{1,3}([.,])\d{3}")
SHOWN = re.compile(r"[+-]?[^.,]*(?:[.,]\d{3})*([.,])\d{1,2}")  # a number whose last sign can only be that of decimals
NUMBERS = {
    sign: re.compile(rf"[+-]?(?:\d+|\d{{1,3}}(?:[{other}]\d{{2,3}})+)?(?:[{sign}]\d*)?(?:[eE][+-]?\d+)?")
    for sign, other in (".,", ",.")
}


class TwoReadings(ValueError):
    """A number whose one sign may be for decimals or for thousands."""


def number(text: str, decimal: str) -> float:
    """
    Read a number as people write it, in a file whose decimals have this sign, or an unknown one.

    >>> [number(text, ".") for text in ("12.5", "1,234.50", "1.234,50", "12,5", "1 234")]
    [12.5, 1234.5, 1234.5, 12.5, 1234.0]
    >>> number("1,234", ",")
    1.234
    >>> number("1,234", "")
    Traceback (most recent call last):
    devstore.order_files.cells.TwoReadings
    """
    plain = GAPS.sub("", text.strip())
    signs = {sign for sign in ".," if sign in plain}
    if len(signs) == 2:
        decimal = max(signs, key=plain.rfind)
    elif signs and decimal not in signs:
        if UNCLEAR.fullmatch(plain):
            raise TwoReadings
        (other,) = signs
        decimal = other if plain.count(other) == 1 else ",.".replace(other, "")
    decimal = decimal or "."
    if not NUMBERS[decimal].fullmatch(plain):
        raise ValueError
    return float(plain.replace("," if decimal == "." else ".", "").replace(decimal, "."))


class Cells:
    """Reads the cells of one file; what is wrong with them becomes a finding."""

    def __init__(self, findings: Findings, decimal: str = ".") -> None:
        self.findings, self.decimal = findings, decimal
        self.unclear: tuple[int, str, str] | None = None  # the first number that another sign would make another
        self.other_sign = 0  # the first line on which decimals have the other sign

    def whole(self, line: int, name: str, value: Any) -> int:
        """Return a whole number; 0, and a finding, where there is none."""
        units = self._number(line, name, value)
        if units is None:
            return 0
        if not abs(units) < HUGE or units != int(units):
            self.findings.refuse(line, f"{name} {value!r} is not a whole number below {HUGE:,}")
            return 0
        return int(units)

    def amount(self, line: int, name: str, value: Any) -> float:
        """Return an amount of money; 0, and a finding, where there is none."""
        amount = self._number(line, name, value)
        if amount is not None and not abs(amount) < HUGE * 100:
            self.findings.refuse(line, f"{name} {value!r} is not a price")
            return 0.0
        return amount or 0.0

    def moment(self, line: int, name: str, value: Any) -> datetime | None:
        """Return a time; nothing, and a finding, where there is none."""
        if isinstance(value, datetime):
            return value
        text = str(value or "").strip()
        try:
            moment = datetime.fromisoformat(_iso(text))
        except ValueError:
            moment = None
        if moment is None or moment.year not in YEARS:
            self.findings.refuse(line, f"{name} {text!r} is not a time like 2026-11-23 09:30:00")
            return None
        return moment

    def check_signs(self) -> None:
        """Refuse a number that was read by the usual sign of decimals in a file that shows the other, too."""
        if self.unclear and self.other_sign:
            line, name, value = self.unclear
            why = f"decimals have another sign on line {self.other_sign}"
            self.findings.refuse(line, f"{name} {value!r} has two readings: {why}")

    def _number(self, line: int, name: str, value: Any) -> float | None:
        if isinstance(value, str):
            self._note_sign(line, name, value.strip())
        try:
            return number(value, self.decimal) if isinstance(value, str) else float(value)
        except TwoReadings:
            self.findings.refuse(line, f"{name} {value!r} has two readings: write it without a sign for thousands")
        except (TypeError, ValueError):
            self.findings.refuse(line, f"{name} {value!r} is not a number")
        return None

    def _note_sign(self, line: int, name: str, text: str) -> None:
        unclear, shown = UNCLEAR.fullmatch(text), SHOWN.fullmatch(text)
        if unclear and unclear[1] == self.decimal:
            self.unclear = self.unclear or (line, name, text)
        if shown and shown[1] != self.decimal:
            self.other_sign = self.other_sign or line


def _iso(text: str) -> str:
    """Turn "2026-05-01 10:22:11 +0100", Shopify's way, into ISO 8601."""
    head, _, offset = text.rpartition(" ")
    if head and offset == "UTC":
        return f"{head}+00:00"
    return head + offset if head and offset[:1] in "+-" else text
