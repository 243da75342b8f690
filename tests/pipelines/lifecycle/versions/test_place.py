"""Processes that do not see the same artifacts do not run side by side."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command

from pipelines.lifecycle import artifact_storage
from pipelines.lifecycle.versions import place
from pipelines.models import StorageMark
from shopmlops import checks
from tests import histories

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(autouse=True)
def kept_open(monkeypatch):
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)  # the test's own connection stays


@pytest.fixture
def elsewhere(settings, tmp_path):
    """Look for artifacts in a folder of its own, as a process with another state folder does."""

    def look(name: str) -> None:
        options = {"OPTIONS": {"location": tmp_path / name}}
        settings.STORAGES = settings.STORAGES | {"artifacts": settings.STORAGES["artifacts"] | options}

    look("first")
    return look


def test_the_first_process_leaves_a_mark_and_the_next_one_finds_it(elsewhere):
    assert place.trouble() == "" and place.found() == StorageMark.objects.get().mark
    assert place.trouble() == "" and StorageMark.objects.count() == 1


def test_a_process_with_a_folder_of_its_own_is_refused(elsewhere):
    place.trouble()
    elsewhere("second")
    with pytest.raises(ImproperlyConfigured, match=r"shopmlops\.E010"):
        checks.refuse_foreign_storage()
    assert place.found() is None, "it leaves no mark of its own"


def test_nor_may_one_that_finds_the_mark_of_another_installation(elsewhere):
    place.trouble()
    elsewhere("second")
    artifact_storage.write(place.FILE, str(UUID(int=7)).encode())
    assert place.trouble() == place.APART
    (Path(artifact_storage.storage().path(place.FILE))).write_bytes(b"\xff no id")
    assert place.trouble() == place.APART


def test_where_versions_exist_only_who_sees_them_leaves_the_mark(elsewhere):
    histories.a_version(histories.a_shop())
    elsewhere("second")
    assert place.trouble() == place.APART and not StorageMark.objects.exists()
    elsewhere("first")
    assert place.trouble() == "" and StorageMark.objects.exists()


def test_a_mark_that_lies_there_already_is_taken_over_by_a_new_database(elsewhere):
    artifact_storage.write(place.FILE, str(UUID(int=7)).encode())
    assert place.trouble() == "" and StorageMark.objects.get().mark == UUID(int=7)


@pytest.mark.parametrize("call", ["_open", "_save"])
def test_a_storage_that_is_away_or_only_to_be_read_stops_nobody(elsewhere, monkeypatch, call):
    def fail(*args):
        raise OSError(5, "away")

    monkeypatch.setattr(FileSystemStorage, call, fail)
    assert place.trouble() == "" and not StorageMark.objects.exists()


def test_a_demo_is_one_machines_own(elsewhere, settings):
    place.trouble()
    elsewhere("second")
    settings.DEMO = True
    checks.refuse_foreign_storage()


def test_an_operator_sees_it_and_can_say_which_place_is_the_right_one(elsewhere, capsys):
    call_command("storage")
    elsewhere("second")
    with pytest.raises(CommandError, match="not those of the other processes"):
        call_command("storage")
    call_command("storage", adopt=True)
    assert place.found() == StorageMark.objects.get().mark
    assert "all processes share" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("starts", [["manage.py", "work", "training", "--burst"], ["-c", "import shopmlops.asgi"]])
def test_neither_a_trainer_nor_web_starts_with_another_state_folder(tmp_path, starts):
    from django.db import connection

    keys = {"SECRET_KEY": "x" * 50, "SHOPIFY_API_KEY": "client", "SHOPIFY_API_SECRET": "s" * 32}
    keys["ENCRYPTION_KEYS"] = "k1:" + "A" * 43 + "="
    host = connection.settings_dict
    database = f"postgresql://{host['USER']}@/{host['NAME']}?host={host['HOST']}"
    for name, refused in (("one", False), ("another", True), ("one", False)):
        env = os.environ | keys | {"SHOPMLOPS_STATE": str(tmp_path / name), "DATABASE_URL": database}
        done = subprocess.run([sys.executable, *starts], cwd=ROOT, env=env, capture_output=True, text=True)
        assert bool(done.returncode) is refused, done.stderr
        assert ("shopmlops.E010" in done.stderr) is refused
