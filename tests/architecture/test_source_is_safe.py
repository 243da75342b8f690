"""No secret is committed, no script of ours writes HTML, and the security page answers each of Shopify's checks."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRETS = re.compile(
    rb"shp(?:at|ss|rt|ca|pa|ua)_[0-9a-fA-F]{32}|-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}"
    rb"|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[abp]-[0-9]{6,}-"
)
WRITES_HTML = re.compile(
    r"\.(?:inner|outer)HTML\s*\+?=|insertAdjacentHTML|document\.write|\beval\(|new Function\(|dangerouslySetInnerHTML"
    r"|set(?:Timeout|Interval)\(\s*['\"`]|scriptTag(?:Create|Update)"
)


def tracked() -> list[Path]:
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if told.returncode:
        pytest.skip("no checkout of git")
    return [path for name in told.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def scripts() -> list[Path]:
    found = [path for folder in ("dashboard/static", "extensions") for path in (ROOT / folder).rglob("*.js*")]
    return [path for path in found if not {"dist", "node_modules", "tests"} & {*path.parts} and path.suffix != ".json"]


def test_no_secret_is_committed() -> None:
    assert [path.name for path in tracked() if SECRETS.search(path.read_bytes())] == []


def test_a_secret_would_be_found() -> None:
    assert SECRETS.search(b"token = 'shpat_" + b"0a" * 16 + b"'") and SECRETS.search(b"AKIA" + b"A" * 16)
    assert not SECRETS.search(b"shpat_1 shprt_12")


def test_no_script_of_ours_writes_html() -> None:
    assert len(scripts()) >= 8
    assert [path.name for path in scripts() if WRITES_HTML.search(path.read_text())] == []


def test_every_check_of_shopifys_is_answered(shared: Path) -> None:
    checks = re.findall(r"^## ([A-Z_]+) \(", (shared / "shopify/app_doctor_checks.md").read_text(), re.MULTILINE)
    page = (ROOT / "docs/security.md").read_text()
    assert len(checks) > 25
    assert re.findall(r"^\| ([A-Z_]+) \|", page, re.MULTILINE) == checks


def test_the_answers_lead_somewhere() -> None:
    named = set(
        re.findall(
            r"`((?:[\w.-]+/)+[\w.-]+|Makefile|[\w.-]+\.(?:toml|txt|json))`", (ROOT / "docs/security.md").read_text()
        )
    )
    assert len(named) > 40
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
