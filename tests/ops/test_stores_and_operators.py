"""What is said to a demo: how many stores it has, and who may look into its tables."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection

from pipelines.ops import running
from pipelines.ops.demo_settings import SECOND_SHOP, SHOP, DemoPlan, seeds
from pipelines.ops.embedded import holder, only_one
from pipelines.ops.errors import ServiceError

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a password for this test"
WHERE = {"APP_URL": "http://127.0.0.1:8123", "DATABASE_URL": "postgresql:///none?host=/nowhere"}


class TestStores:
    def test_one_is_what_a_demo_has_unless_it_is_told(self, tmp_path: Path) -> None:
        assert seeds(DemoPlan(tmp_path)) == [["--shop", SHOP]]

    def test_a_second_is_made_like_the_first_and_shows_as_much_of_its_past(self, tmp_path: Path) -> None:
        orders = tmp_path / "orders.csv"
        assert seeds(DemoPlan(tmp_path, orders=orders, history_days=60, stores=2)) == [
            ["--shop", SHOP, "--orders", str(orders), "--history-days", "60"],
            ["--shop", SECOND_SHOP, "--like", SHOP, "--history-days", "60"],
        ]

    def test_it_is_made_for_the_scenario_that_plays(self, tmp_path: Path) -> None:
        made = [["--shop", SHOP, "--scenario", "drift"], ["--shop", SECOND_SHOP, "--like", SHOP]]
        assert seeds(DemoPlan(tmp_path, scenario="drift", stores=2)) == made

    @pytest.mark.parametrize("count", ["0", "3", "two"])
    def test_another_number_is_refused(self, count: str) -> None:
        command = [sys.executable, "manage.py", "demo", "--stores", count]
        refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert refused.returncode != 0 and "--stores" in refused.stderr


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """Hold a state folder as a demo does."""
    with only_one(tmp_path):
        yield tmp_path


class TestWhichDemoRuns:
    def test_is_found_below_the_usual_folder_for_as_long_as_it_runs(self, tmp_path: Path) -> None:
        place = tmp_path / "store-0a1b2c3d"
        place.mkdir()
        with only_one(place), running.noted(place, WHERE):
            found = running.find(tmp_path)
            assert (found.state, found.app_url, found.database_url) == (place.resolve(), *WHERE.values())
            assert (place / running.NOTE).stat().st_mode & 0o077 == 0
        with pytest.raises(ServiceError, match="No demo runs"):
            running.find(tmp_path)

    def test_is_found_elsewhere_only_where_the_folder_is_named(self, state: Path, tmp_path: Path) -> None:
        with running.noted(state, WHERE):
            assert running.find(tmp_path / "usual", state).state == state.resolve()
            with pytest.raises(ServiceError, match=r"No demo runs.*make demo.*STATE=folder"):
                running.find(tmp_path / "usual")

    def test_of_two_is_to_be_said(self, state: Path) -> None:
        other = state / "store-1"
        other.mkdir()
        with running.noted(state, WHERE), only_one(other), running.noted(other, WHERE):
            with pytest.raises(ServiceError, match=r"More than one demo runs: .*store-1.*STATE="):
                running.find(state)
            assert running.find(state, other).state == other.resolve()

    def test_what_a_killed_one_left_is_no_demo(self, tmp_path: Path) -> None:
        (tmp_path / running.NOTE).write_text('{"process": 1, "APP_URL": "", "DATABASE_URL": ""}')
        assert running.running_in(tmp_path) is None
        with only_one(tmp_path):  # bare services on the same state
            assert holder(tmp_path) is not None and running.running_in(tmp_path) is None
        assert holder(tmp_path) is None


@pytest.fixture
def demo(state: Path) -> Iterator[Path]:
    """Note a demo whose rows are the test's own, in the embedded PostgreSQL."""
    place = connection.settings_dict
    url = f"postgresql://{place['USER']}@/{place['NAME']}?host={quote(place['HOST'])}"
    with running.noted(state, WHERE | {"DATABASE_URL": url}):
        yield state


def operator(state: Path, name: str | None = "morag") -> str:
    said = io.StringIO()
    call_command("operator", name=name, state=state, stdout=said)
    return said.getvalue()


@pytest.mark.django_db(transaction=True)
class TestAnOperator:
    @pytest.fixture(autouse=True)
    def password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPERATOR_PASSWORD", PASSWORD)

    def test_may_log_in_where_it_says(self, demo: Path, client: Any) -> None:
        assert operator(demo) == "morag may log in at http://127.0.0.1:8123/admin/\n"
        given = {"username": "morag", "password": PASSWORD, "next": "/admin/"}
        assert client.post("/admin/login/", given).headers["Location"] == "/admin/"
        assert client.session["_auth_user_id"] == str(get_user_model().objects.get(username="morag").pk)

    def test_who_is_known_gets_the_new_password(self, demo: Path) -> None:
        get_user_model().objects.create_user("morag", password="an older password", is_active=False)
        assert "new password" in operator(demo)
        user = get_user_model().objects.get()
        assert user.check_password(PASSWORD) and user.is_superuser and user.is_staff and user.is_active

    def test_needs_a_password_that_will_do(self, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPERATOR_PASSWORD", "short")
        with pytest.raises(CommandError, match="at least 12 characters"):
            operator(demo)
        assert not get_user_model().objects.exists()

    def test_needs_a_name_that_will_do(self, demo: Path) -> None:
        with pytest.raises(CommandError, match="valid username"):
            operator(demo, "Morag Sinclair; admin")
        assert not get_user_model().objects.exists()

    def test_is_asked_for_what_was_left_out(self, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OPERATOR_PASSWORD")
        monkeypatch.setattr("builtins.input", lambda question: "tom")
        monkeypatch.setattr("getpass.getpass", lambda *question: PASSWORD)
        assert operator(demo, None).startswith("tom may log in")
        assert get_user_model().objects.get(username="tom").check_password(PASSWORD)

    def test_is_told_how_to_say_it_where_nobody_answers(self, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO())
        with pytest.raises(CommandError, match="make operator NAME=… PASSWORD=…"):
            operator(demo, None)

    def test_without_a_demo_is_told_that_none_runs(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"No demo runs in .*make demo"):
            operator(tmp_path)

    def test_of_a_demo_whose_database_is_gone_is_told_so(self, state: Path) -> None:
        command = [sys.executable, "manage.py", "operator", "--name", "morag", "--state", str(state)]
        with running.noted(state, WHERE):
            told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert told.returncode == 1 and "does not answer" in told.stderr and "Traceback" not in told.stderr
