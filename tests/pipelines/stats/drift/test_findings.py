"""Only what was judged is decided, and no other word sounds like it."""

from pipelines.stats.drift.findings import Finding


def test_what_is_not_known_is_not_decided() -> None:
    assert {finding for finding in Finding if not finding.is_decided} == {Finding.INSUFFICIENT, Finding.NO_DATA}
