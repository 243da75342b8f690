"""What ships is under licences that let it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from packaging.requirements import Requirement

from pipelines.ops import licences
from pipelines.ops.licences import Part

ROOT = Path(__file__).resolve().parents[2]
WEAK_COPYLEFT = {"fpdf2", "psycopg2-binary"}  # LGPL: used as they come, and may be replaced by whoever runs this


@pytest.fixture(scope="module")
def parts() -> list[Part]:
    return licences.shipped(ROOT / "requirements.txt")


def test_everything_that_ships_says_under_which_licence_and_brings_its_words(parts) -> None:
    assert len(parts) > 40
    assert [part.name for part in parts if not part.licence or not part.words] == []


def test_nothing_makes_what_ships_with_it_its_own(parts) -> None:
    assert [part.name for part in parts if part.is_strong_copyleft] == []
    assert {part.name for part in parts if "LGPL" in part.licence} == WEAK_COPYLEFT


@pytest.mark.parametrize(
    ("licence", "refused"),
    [
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("GNU Affero General Public License v3", True),
        ("GPL-2.0-only AND MIT", True),
        ("MIT OR GPL-2.0-only", False),
        ("LGPL-3.0-only", False),
        ("LGPL with exceptions", False),
        ("GNU Library or Lesser General Public License (LGPL)", False),
        ("BSD-3-Clause", False),
    ],
)
def test_strong_copyleft_is_known_by_its_names(licence, refused) -> None:
    assert Part("x", "1", licence, "").is_strong_copyleft is refused


def test_what_packages_bring_along_is_followed() -> None:
    found = licences.closure([Requirement("whitenoise[brotli]"), Requirement("requests")])
    assert {"brotli", "urllib3", "idna", "certifi"} <= found.keys()
    assert "brotli" not in licences.closure([Requirement("whitenoise")])


def test_the_command_lists_and_writes_them(tmp_path, capsys) -> None:
    call_command("notices")
    assert "django==5" in capsys.readouterr().out
    call_command("notices", to=tmp_path / "NOTICES.md")
    assert "## django 5" in (tmp_path / "NOTICES.md").read_text()
    assert "Redistribution and use in source" in (tmp_path / "NOTICES.md").read_text()
