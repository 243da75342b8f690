"""A shop's data and files go back to a moment, and catch up: by the commands that an operator types."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import psycopg2
import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from pipelines.lifecycle.alerts import heads
from pipelines.lifecycle.ingest import privacy
from pipelines.models import LifecycleEvent, Order, Shop
from pipelines.ops.recovery import backup, rehearse
from tests import factories, histories, waiting

ROOT = Path(__file__).resolve().parents[3]
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def files(settings, tmp_path):
    """Keep the artifacts of this test alone."""
    options = {"OPTIONS": {"location": tmp_path / "artifacts"}}
    settings.STORAGES = settings.STORAGES | {"artifacts": settings.STORAGES["artifacts"] | options}
    return tmp_path / "artifacts"


@pytest.fixture
def backups(open_folder, monkeypatch):
    monkeypatch.setattr(backup, "TRULY", ("--no-sync",))
    return open_folder() / "backups"


def ask(query: str):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def address() -> str:
    known = connection.settings_dict
    return f"postgresql://{known['USER']}@/{known['NAME']}?host={known['HOST']}"


@pytest.fixture
def log(backups):
    """Write down the database's log, as a process beside it does."""
    command = [sys.executable, "manage.py", "backup", "--to", str(backups), "--stream"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": address()})
    waiting.until(lambda: ask("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"))
    yield process
    process.send_signal(signal.SIGINT)
    process.wait(60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_drop_replication_slot(%s)", [backup.SLOT])


def written_down() -> bool:
    """Tell whether all that is committed is in the log that lies with the backups."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()")
        at = cursor.fetchone()[0]
        waiting.until(lambda: ask(f"SELECT bool_and(flush_lsn >= '{at}') FROM pg_stat_replication"))
    return True


def call(name: str, **options: object) -> str:
    told = StringIO()
    call_command(name, stdout=told, **options)
    return told.getvalue()


def recovered(url: str, state: Path, **options: str) -> dict[str, object]:
    """Run the command on the restored database, as an operator does."""
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    command = [sys.executable, "manage.py", "recover", "--by", "ann", "--because", "A disk died", *words]
    env = os.environ | {"DATABASE_URL": url, "SHOPMLOPS_STATE": str(state)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def shop(files):
    shop = histories.a_shop()
    LifecycleEvent.record(shop, "test.happened", by="system", because="Before")
    histories.a_version(shop)
    heads.sign_heads(timezone.now() - timedelta(days=1))
    return shop


def test_all_goes_back_to_a_moment_and_catches_up(shop, files, backups, log, tmp_path, open_folder):
    buyer = b"somebody".ljust(16)
    kept = histories.an_order(shop, timezone.now(), [(None, 1)], customer_ref=buyer)
    factories.a_delivery(shop, "orders/create", {"id": 1}, state="dead", payload={"id": 1}, error="No")
    call("backup", to=backups)
    late = histories.an_order(shop, timezone.now(), [(None, 2)])
    histories.a_version(shop)
    moment = ask("SELECT clock_timestamp() + interval '1 second'")
    waiting.until(lambda: ask(f"SELECT clock_timestamp() > '{moment}'"))

    privacy.redact_customer(shop, buyer, [])
    LifecycleEvent.record(shop, "test.happened", by="system", because="After")
    heads.sign_heads(timezone.now())
    stranger = histories.a_shop()
    histories.a_version(stranger)
    Order.objects.all().delete()
    call("backup", to=backups)
    assert written_down() and len(backup.copies(backups)) == 2

    state = open_folder() / "state"
    strange = state / "artifacts" / str(stranger.pk) / "ledger.json"
    with rehearse.restored(backups, moment, state) as url:
        strange.parent.mkdir(parents=True)
        strange.touch()
        done = recovered(url, state, **{"from": str(backups), "later": address()})
        assert done["breaches"] == [] and done["unreachable"] == []
        assert done["files"] > 4 and done["pulls"] == 5 and done["replayed"] == 1 and done["forgotten_again"] == 1
        assert done["aside"] == 2  # the head of after, and the file of the shop that had not come yet
        assert not strange.exists() and list((state / "artifacts" / "set-aside").rglob("ledger.json"))
        with closing(psycopg2.connect(url)) as there, there.cursor() as cursor:
            cursor.execute("SELECT shopify_id, customer_ref FROM pipelines_order ORDER BY shopify_id")
            assert cursor.fetchall() == [(kept.shopify_id, None), (late.shopify_id, None)]
            cursor.execute("SELECT kind FROM pipelines_lifecycleevent WHERE shop_id = %s ORDER BY seq DESC", [shop.pk])
            assert cursor.fetchone() == ("ledger.restored",)
            cursor.execute("SELECT count(*) FROM pipelines_shop WHERE id = %s", [stranger.pk])
            assert cursor.fetchone() == (0,)
        audited = subprocess.run(
            [sys.executable, "manage.py", "audit", "--skip-checks", "--shop", shop.domain],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": url, "SHOPMLOPS_STATE": str(state)},
            capture_output=True,
            text=True,
        )
        assert audited.returncode == 0, audited.stderr
    assert Shop.objects.filter(pk=stranger.pk).exists()  # the running database was left alone


def test_a_rehearsal_says_what_a_restore_would_bring(shop, backups, tmp_path):
    with pytest.raises(CommandError, match="no copy from before now"):
        call("restore", backups=backups, data=tmp_path / "data")
    call("backup", to=backups)
    told = json.loads(call("restore", backups=backups, rehearse=True).splitlines()[-1])
    assert told["breaches"] == [] and told["files"] > 2
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "precious").touch()
    with pytest.raises(CommandError, match="is not empty"):
        call("restore", backups=backups, data=tmp_path / "data")


@pytest.fixture
def quick(monkeypatch):
    """Copy no database: only what happens around it is looked at."""

    def pg(name, *words):
        if name == "pg_basebackup":
            folder = Path(words[words.index("--pgdata") + 1])
            folder.mkdir()
            (folder / "backup_label").write_text("START WAL LOCATION: 0/5000028 (file 000000010000000000000005)\n")

    clock = iter(range(60))
    monkeypatch.setattr(backup, "servers_clock", lambda: NOON + timedelta(seconds=next(clock)))
    monkeypatch.setattr(backup, "pg", pg)


@pytest.mark.usefixtures("quick")
class TestCopies:
    def test_share_the_files_that_never_change(self, shop, files, backups):
        first, second = (backup.back_up(backups, timedelta(days=1)) for _ in range(2))
        paths = [path for path in second.artifacts.rglob("*") if path.is_file()]
        assert len(paths) == len(list(backup.walk(storages["artifacts"], ""))) > 2
        assert all(path.samefile(first.artifacts / path.relative_to(second.artifacts)) for path in paths)

    def test_end_when_they_had_their_time_but_not_the_newest(self, shop, backups):
        first = backup.back_up(backups, timedelta(0))
        assert backup.copies(backups) == [first]
        second = backup.back_up(backups, timedelta(0))
        assert backup.copies(backups) == [second]

    def test_that_broke_off_are_no_copies(self, backups, monkeypatch):
        with monkeypatch.context() as broken:
            broken.setattr(backup, "copy_artifacts", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                backup.back_up(backups, timedelta(days=1))
        assert backup.copies(backups) == []
        whole = backup.back_up(backups, timedelta(days=1))
        assert list(backups.iterdir()) == [whole.folder]
