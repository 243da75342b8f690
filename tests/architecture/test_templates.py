"""A template can be read in a review: its lines end where a screen does."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIDEST = 160
OURS = ("templates", "dashboard", "pipelines", "devstore", "shopmlops")


def too_wide(folder: Path) -> list[str]:
    """Name the lines of templates in and below a folder that are wider than they may be."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    templates = [path for path in files if "templates" in path.relative_to(folder.parent).parts]
    return [
        f"{path}:{number} has {len(line)} characters"
        for path in sorted(templates)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > WIDEST
    ]


def test_no_line_of_a_template_is_wider_than_a_screen() -> None:
    assert [line for folder in OURS for line in too_wide(ROOT / folder)] == []


def test_a_wide_line_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "templates" / "page.html"
    page.parent.mkdir()
    page.write_text("x" * WIDEST + "\n" + "x" * (WIDEST + 1) + "\n")
    assert too_wide(tmp_path) == [f"{page}:2 has {WIDEST + 1} characters"]
