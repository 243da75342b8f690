"""What is published is what the theme's block reads: the same fields, under the same names."""

from __future__ import annotations

from pathlib import Path

from pipelines.usecases.recommendations import USE_CASE

BLOCK = Path(__file__).resolve().parents[4] / "extensions" / "theme-block" / "blocks" / "bought-together.liquid"


def test_the_block_reads_the_slots_the_fallback_and_the_pointer() -> None:
    assert USE_CASE.slotted is not None
    _, asked, slots = USE_CASE.slotted
    liquid = BLOCK.read_text()
    assert f"metafields['{asked.namespace}']" in liquid
    assert all(f"lists.{slot}.value" in liquid for slot in slots.keys)
    assert f".{slots.fallback}.value" in liquid
    assert f"app.metafields.{'.'.join(slots.pointer)}.value" in liquid
    assert asked.types.keys() == {*slots.keys, slots.fallback}
