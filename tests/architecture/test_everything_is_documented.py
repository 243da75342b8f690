"""What a newcomer must find in writing is written."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def settings_read() -> set[str]:
    source = (ROOT / "shopmlops/settings.py").read_text()
    return set(re.findall(r'env\.(?:text|flag|number|words|secret|prices)\("([A-Z_]+)"', source))


def settings_documented() -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", (ROOT / "env.example").read_text(), re.MULTILINE))


def test_every_setting_is_in_the_example_file_and_nothing_else_is() -> None:
    assert settings_read() == settings_documented()


def test_every_command_of_ours_is_in_the_operations_page() -> None:
    commands = {path.stem for path in (ROOT / "pipelines/management/commands").glob("*.py")} - {"__init__"}
    page = (ROOT / "docs/operations.md").read_text()
    assert commands == {name for name in commands if f"manage.py {name}" in page}


def test_every_use_case_is_in_the_glossary() -> None:
    from pipelines.usecases import USE_CASES

    glossary = (ROOT / "docs/glossary.md").read_text()
    assert [name for name in USE_CASES if USE_CASES[name].title not in glossary] == []


def test_every_decision_is_in_the_index_under_its_title_and_numbered_once() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("0*.md"))
    index = (ROOT / "docs/decisions/README.md").read_text()
    said = dict(re.findall(r"^- \[\d{4}\]\((\S+)\) (.+)$", index, re.MULTILINE))
    titles = {page.name: re.sub(r"^# *\d+[.:]? *", "", page.read_text().splitlines()[0]) for page in pages}
    assert said == titles
    assert len({page.name[:4] for page in pages}) == len(pages)
