"""The web process under its own server: who is silent, slow or malformed stops nobody else."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from shopmlops import doorman, server
from tests.shopmlops.conftest import HASHED, Web, running_web

ROOT = Path(__file__).resolve().parents[2]
LARGE = f"/static/{HASHED}"
PATIENT = 60  # seconds that a busy machine may take for an answer; who waits for a stuck thread waits for ever
UNSENT = (
    b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 100\r\nCookie: csrftoken=" + b"a" * 32 + b"\r\n\r\n"
)


def status(web: Web, path: str, **options: object) -> int:
    return requests.get(web.address + path, timeout=PATIENT, **options).status_code


def answers_everybody(web: Web) -> bool:
    """Ask every door several times: there are two workers, and a connection goes to either."""
    pages = {status(web, path) for path in ("/admin/login/", "/healthz", "/readyz") for _ in range(4)}
    return pages == {200} and {status(web, "/webhooks/shopify") for _ in range(4)} == {405}


@contextmanager
def many(count: int, connect: Callable[[], socket.socket]) -> Iterator[list[socket.socket]]:
    """Open connections, and close them at the end."""
    with ExitStack() as stack:
        yield [stack.enter_context(connect()) for _ in range(count)]


def was_hung_up(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for what will come; the test's own limit ends a wait for what does not."""
    while not holds():
        time.sleep(0.1)


def test_a_form_is_read_to_its_end(web: Web) -> None:
    form = {"username": "x" * 100_000, "csrfmiddlewaretoken": "b" * 32}
    answer = requests.post(f"{web.address}/admin/login/", data=form, cookies={"csrftoken": "a" * 32}, timeout=PATIENT)
    assert answer.status_code == 403  # Django looked for its token at the end of the body
    assert "CSRF" in answer.text


def test_connections_that_say_nothing_stop_nobody_and_are_ended(web: Web) -> None:
    with many(1024, web.connect) as silent:
        assert answers_everybody(web)
        wait_until(lambda: all(map(was_hung_up, silent)))


def test_one_address_holds_only_so_many_connections_that_ask_for_nothing(tmp_path: Path) -> None:
    """This listener has no deadline: half a request line would be waited for."""
    watched = doorman.Doorman()
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener, ExitStack() as stack:
        port = listener.getsockname()[1]
        clients = []
        for _ in range(doorman.WAITING_PER_ADDRESS + 20):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(b"GET /")
            accepted = stack.enter_context(listener.accept()[0])
            clients.append(client)
        watched.enter(accepted.getpeername())  # the last one has a request under way
        watched.watch_over(port)
        wait_until(lambda: sum(map(was_hung_up, clients)) >= 19)
        assert not was_hung_up(client)


def test_each_worker_has_its_connections_watched_over(monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[int] = []
    app = SimpleNamespace(application="the app", begin=watched.append)
    monkeypatch.setattr(server, "die_with", lambda pid, signal: None)
    monkeypatch.setattr(server.importlib, "import_module", lambda name: app)
    assert server.load(1, 8000) == "the app" and watched == [8000]


def test_bodies_that_do_not_come_stop_no_page(web: Web) -> None:
    with many(40, lambda: web.connect(UNSENT)) as waiting:
        assert answers_everybody(web)
        assert {client.recv(100).split(b"\r\n")[0] for client in waiting} == {b"HTTP/1.1 408 Request Timeout"}


def test_a_delivery_that_does_not_come_is_not_waited_for(web: Web) -> None:
    head = b"POST /webhooks/shopify HTTP/1.1\r\nHost: app\r\nContent-Length: 100\r\n\r\n{"
    with web.connect(head) as client:
        assert client.recv(100).startswith(b"HTTP/1.1 408")


def test_readers_that_do_not_read_stop_no_page(web: Web) -> None:
    request = f"GET {LARGE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with many(40, lambda: web.connect(request, window=4096)):
        assert answers_everybody(web)
        assert status(web, LARGE) == 200


def test_static_files_are_sent_whole_compressed_and_kept_only_where_their_name_changes_with_them(web: Web) -> None:
    plain = requests.get(web.address + LARGE, headers={"Accept-Encoding": "identity"}, timeout=PATIENT)
    assert len(plain.content) == int(plain.headers["Content-Length"]) > 1_000_000
    assert "max-age=315360000, public, immutable" in plain.headers["Cache-Control"]
    packed = requests.get(web.address + LARGE, headers={"Accept-Encoding": "br"}, stream=True, timeout=PATIENT)
    assert packed.headers["Content-Encoding"] == "br"
    again = {"If-Modified-Since": plain.headers["Last-Modified"]}
    assert status(web, LARGE, headers=again) == 304
    assert status(web, LARGE, headers={"Range": "bytes=0-9"}) == 206
    assert (
        requests.head(web.address + "/static/large/file.js", timeout=PATIENT).headers["Cache-Control"]
        == "max-age=60, public"
    )
    assert status(web, "/static/../secrets.json") == 404


@pytest.mark.parametrize("host", ["10.1.2.3", "10.1.2.3:8000", "[fd00::1]:8000"])
def test_probes_come_by_address(web: Web, host: str) -> None:
    asked = {"Host": host}
    assert [status(web, path, headers=asked) for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 404]
    assert status(web, "/admin/login/", headers=asked) == 400


@pytest.mark.parametrize("charset", ["rot13", "utf-7", "zlib", "none", '"rot13"', "utf-8; charset=rot13"])
def test_a_body_in_no_charset_of_texts_is_refused(web: Web, charset: str) -> None:
    headers = {"Content-Type": f"text/plain; charset={charset}"}
    assert requests.post(f"{web.address}/?a=b", data="a", headers=headers, timeout=PATIENT).status_code == 400
    starred = {"Content-Type": "text/plain; charset*=utf-8''rot%313"}
    assert requests.post(f"{web.address}/?a=b", data="a", headers=starred, timeout=PATIENT).status_code == 400


def test_a_stranger_forges_no_line_of_the_log_and_leaves_no_address_there(web: Web) -> None:
    assert status(web, "/forecasts/1%0aFORGED%1b[2J") == 404
    assert status(web, "/ann%40example.com", headers={"Host": "eve@example.com"}) == 400
    lines = web.log.read_text().splitlines()
    assert any(r"Not Found: /forecasts/1\nFORGED\x1b[2J" in line for line in lines)
    assert [line for line in lines if not line.startswith(("20", "  | "))] == []
    assert [line for line in lines if "@example.com" in line] == []


def test_workers_end_with_their_server_however_it_ends(tmp_path: Path) -> None:
    with running_web(tmp_path) as web:
        listed = Path(f"/proc/{web.process.pid}/task/{web.process.pid}/children").read_text().split()
        assert len(listed) >= server.WORKERS
        web.process.kill()
        wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in listed))
    with pytest.raises(requests.ConnectionError):
        status(web, "/healthz")


@pytest.mark.parametrize("file", ["Makefile", "Procfile", "pipelines/ops/supervisor.py", "benchmarks/ingest.py"])
def test_there_is_one_way_to_start_it(file: str) -> None:
    text = (ROOT / file).read_text()
    assert "shopmlops.server" in text
    assert "granian" not in text


@pytest.mark.parametrize("module", ["asgi", "wsgi"])
def test_a_web_process_with_the_keys_of_a_checkout_does_not_start(module: str) -> None:
    secret = {"SECRET_KEY", "ENCRYPTION_KEYS", "SHOPIFY_API_SECRET", "SHOPMLOPS_DEMO"}
    env = {name: value for name, value in os.environ.items() if name not in secret}
    command = [sys.executable, "-c", f"import shopmlops.{module}"]
    stopped = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert stopped.returncode != 0
    assert "shopmlops.E001: SECRET_KEY is not set." in stopped.stderr
    assert "shopmlops.E002: ENCRYPTION_KEYS is not set." in stopped.stderr


def test_the_checkouts_doors_answer_before_django(web: Web) -> None:
    asked = requests.options(f"{web.address}/checkout/accepted", headers={"Origin": "null"}, timeout=PATIENT)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert requests.post(f"{web.address}/checkout/accepted", timeout=PATIENT).status_code == 401
