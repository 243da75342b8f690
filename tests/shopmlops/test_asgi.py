"""The web process under its own server: bodies reach Django's pages."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from pipelines.ops.supervisor import answers, free_ports
from tests import times, waiting

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run granian as the Procfile does, on the tests' services."""
    state = tmp_path_factory.mktemp("web")
    (state / "demo-secret").write_text("for this test")
    static = {"SHOPMLOPS_STATE": str(state), "SHOPMLOPS_DEMO": "1", "SHOPMLOPS_DEMO_SECRET": "for this test"}
    env = {**os.environ, **static, "CLOCK_AHEAD": str(times.AHEAD)}
    [port] = free_ports(1)
    command = ["-m", "granian", "--interface", "asgi", "--port", str(port), "shopmlops.asgi:application"]
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env)
    address = f"http://127.0.0.1:{port}"
    try:
        waiting.until(lambda: answers(f"{address}/healthz") or process.poll() is not None, "the web process")
        assert process.poll() is None, "the web process did not start"
        yield address
    finally:
        process.terminate()
        process.wait(waiting.SECONDS)


def test_a_form_is_read_to_its_end(web: str) -> None:
    form = {"username": "x" * 100_000, "csrfmiddlewaretoken": "b" * 32}
    answer = requests.post(f"{web}/admin/login/", data=form, cookies={"csrftoken": "a" * 32}, timeout=60)
    assert answer.status_code == 403  # Django looked for its token at the end of the body
    assert "CSRF" in answer.text


@pytest.mark.parametrize("module", ["asgi", "wsgi"])
def test_a_web_process_with_the_keys_of_a_checkout_does_not_start(module: str) -> None:
    secret = {"SECRET_KEY", "ENCRYPTION_KEYS", "SHOPIFY_API_SECRET", "SHOPMLOPS_DEMO"}
    env = {name: value for name, value in os.environ.items() if name not in secret}
    command = [sys.executable, "-c", f"import shopmlops.{module}"]
    stopped = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert stopped.returncode != 0
    assert "shopmlops.E001: SECRET_KEY is not set." in stopped.stderr
    assert "shopmlops.E002: ENCRYPTION_KEYS is not set." in stopped.stderr
