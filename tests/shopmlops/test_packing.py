"""A start that finds its static files packed does not pack them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopmlops.packing import PackedOnce, Packer

RULES = b"p { color: black }\n" * 200


def collect(folder: Path, rules: bytes = RULES) -> set[str]:
    """Do as collectstatic does with one file; return the names that lie there."""
    (folder / "app.css").write_bytes(rules)
    storage = PackedOnce(location=str(folder), base_url="/static/")
    for _, _, processed in storage.post_process({"app.css": (storage, "app.css")}):
        assert not isinstance(processed, Exception)
    return {path.name for path in folder.glob("app*")}


def test_only_names_that_pages_ask_for_stay_and_are_packed(tmp_path: Path) -> None:
    names = sorted(collect(tmp_path))
    hashed = names[0]
    assert names == [hashed, f"{hashed}.br", f"{hashed}.gz"] and hashed != "app.css"


def test_a_second_start_packs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = collect(tmp_path)
    monkeypatch.setattr(Packer, "compress_brotli", lambda *_: pytest.fail("it was packed again"))
    assert collect(tmp_path) == names


def test_a_file_that_changed_is_packed_under_its_new_name(tmp_path: Path) -> None:
    before = collect(tmp_path)
    assert len(collect(tmp_path, RULES + b"a { color: red }\n") - before) == 3


def test_what_was_not_packed_to_its_end_is_packed_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(path: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as first, pytest.raises(KeyboardInterrupt):
        first.setattr(Path, "replace", killed)
        collect(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".br", ".gz")]
    assert {Path(name).suffix for name in collect(tmp_path)} >= {".br", ".gz"}
