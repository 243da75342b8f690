"""What goes into the image, who runs it, and what its one entry point starts. `make image` builds and tries it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
START = ROOT / "deploy/image/start"
PROCESSES = dict(re.findall(r"^(\w+): (.+)$", (ROOT / "Procfile").read_text(), re.MULTILINE))
STARTED = PROCESSES.keys() - {"release"}


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    """Lay out what `COPY .` brings, by .dockerignore."""
    folder = tmp_path_factory.mktemp("image") / "app"
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines, "everything is left out but what is named"
    for name in (line[1:] for line in lines if line.startswith("!")):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


def run(inside, *command, **environment):
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1", **environment}
    command = [sys.executable, *command]
    return subprocess.run(command, cwd=inside, env=env, capture_output=True, text=True, timeout=120)


def test_it_holds_no_development_store_no_tests_and_no_secrets(inside):
    tops = {path.name for path in inside.iterdir()}
    assert tops.isdisjoint({"devstore", "tests", "benchmarks", "extensions", "node_modules", ".env", ".git", ".state"})


def test_what_it_holds_starts_without_them(inside):
    web = "import shopmlops.asgi, pipelines.jobs.schedule as s; s.scheduler(); import devstore"
    told = run(inside, "-c", web, DATABASE_URL=os.environ["DATABASE_URL"], **production())
    assert told.stderr.strip().endswith("No module named 'devstore'"), told.stderr


def test_every_command_but_the_developers_own_can_be_asked_for_help(inside):
    """The commands are loaded in one process: each starts a second of imports."""
    look = """
import django; django.setup()
from django.core.management import get_commands, load_command_class
names = [name for name, app in get_commands().items() if app == "pipelines"]
for name in names: load_command_class("pipelines", name).create_parser("manage.py", name)
print(len(names))
"""
    told = run(inside, "-c", look, DJANGO_SETTINGS_MODULE="shopmlops.settings")
    assert told.returncode == 0 and int(told.stdout) >= 20, told.stderr


def production() -> dict[str, str]:
    key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    named = {"SECRET_KEY": "x" * 50, "SHOPIFY_API_KEY": "client", "SHOPIFY_API_SECRET": "s" * 32}
    hosts = {"APP_URL": "https://app.example.com", "ALLOWED_HOSTS": "app.example.com"}
    return named | hosts | {"ENCRYPTION_KEYS": f"k1:{key}", "SIGNING_PUBLIC_KEYS": key}


def test_what_the_dockerfile_copies_is_let_in(inside):
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE, re.MULTILINE)]
    assert [name for names in copied for name in names if not (inside / name).exists()] == []


def test_its_base_is_asked_for_and_nobody_runs_as_root():
    assert re.search(r"^ARG BASE$", DOCKERFILE, re.MULTILINE), "no default: a base is named by its digest"
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert "HEALTHCHECK" in DOCKERFILE and len(re.findall(r"^FROM ", DOCKERFILE, re.MULTILINE)) == 3


def started(tmp_path, *words, **environment):
    """Run the entry point with a python that only says what it was asked."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", **environment}
    told = subprocess.run([START, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True)
    return told.stdout.splitlines()


@pytest.mark.parametrize("name", sorted(STARTED))
def test_a_process_is_started_as_the_procfile_says(tmp_path, name):
    said = re.sub(r"\$\{\w+:-(\w+)\}", r"\1", PROCESSES[name]).removeprefix("python ")
    assert started(tmp_path, name) == said.split()


def test_the_environment_says_where_web_listens(tmp_path):
    assert started(tmp_path, "web", PORT="9000", WEB_CONCURRENCY="4")[-3:] == ["9000", "--workers", "4"]


def test_a_training_takes_its_job_from_arguments_and_no_shell_reads_them(tmp_path):
    words = ["train", "--shop", "$(id).myshopify.com", "--use-case", "toy; id"]
    assert started(tmp_path, *words) == ["manage.py", *words]
