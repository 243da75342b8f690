"""What a text that we keep may hold: nothing that PostgreSQL cannot store, and nobody's e-mail address.

Standard library only: the webhook door cleans before anything is written.
"""

from __future__ import annotations

import re

AT = "@\uff20\ufe6b"  # also as East Asian keyboards write it
UNSEEN = "\u00ad\u200b-\u200f\u2060\ufeff"  # characters of no width, which could stand between
LOCAL = rf"(?:\"[^\"\r\n]{{1,64}}\"|[\w.!#$%&'*+/=?^`{{|}}~{UNSEEN}-]{{1,64}})"
LABEL = rf"[\w{UNSEEN}-]{{1,63}}"
HOST = rf"(?:\[[^\]\s]{{1,64}}\]|{LABEL}(?:[.\uff0e\u3002\uff61]{LABEL}){{1,8}}|[^\W\d_]{LABEL})"
EMAIL = re.compile(rf"{LOCAL}[{AT}]{HOST}")
HAS_AT = re.compile(f"[{AT}]")
WIDE_AT = tuple(sign.encode() for sign in AT[1:])
REMOVED = "[e-mail removed]"


def clean(text: str) -> str:
    """Return a text without NUL, half surrogate pairs and e-mail addresses.

    >>> clean("Gift for ann@example.com"), clean("Shirts @ 20"), clean("a\\x00b")
    ('Gift for [e-mail removed]', 'Shirts @ 20', 'ab')
    """
    if text.isascii() and "@" not in text and "\x00" not in text:
        return text
    text = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return EMAIL.sub(REMOVED, text) if HAS_AT.search(text) else text


def needs_cleaning(written: bytes) -> bool:
    """Say whether JSON may hold what `clean` takes out."""
    if b"@" in written or b"\\u0000" in written:
        return True
    return not written.isascii() and any(sign in written for sign in WIDE_AT)
