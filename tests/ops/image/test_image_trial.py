"""What `make image` is made of: how containers are started, and the ports that lead to the services."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from pipelines.ops.errors import ServiceError
from pipelines.ops.image import engines, trial
from pipelines.ops.image.forward import forwarded

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def container(tmp_path):
    (tmp_path / "kept").mkdir()
    return engines.Container("web", {"PORT": "8000", "SECRET": "a b'c"}, tmp_path / "kept")


def test_docker_and_podman_write_nowhere_but_where_they_may(container):
    words = engines.Docker("podman").command(container, ["web"])
    assert words[:3] == ["podman", "run", "--rm"] and words[-4:] == [engines.TAG, "--", "deploy/image/start", "web"]
    assert {"--read-only", "--cap-drop=ALL", "--tmpfs=/tmp", "--entrypoint=tini", "--env=SECRET=a b'c"} <= set(words)


def test_buildahs_containers_enter_a_root_that_is_read_only(container):
    engine = engines.Buildah()
    engine.root, engine.environment = "/var/lib/root", {"PATH": "/opt/python/bin:/usr/bin"}
    *shell, script = engine.command(container, ["train", "--shop", "$(id)"])
    assert shell == ["unshare", "--mount", "sh", "-ec"]
    assert script.index("remount,ro,bind /var/lib/root") < script.index("exec chroot --userspec=10001:10001")
    assert "'$(id)'" in script and subprocess.run(["sh", "-n", "-c", script]).returncode == 0


def test_the_user_is_the_images_own():
    assert re.search(rf"^USER {engines.USER}$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_the_base_and_the_revision_are_told():
    told = engines.arguments("debian@sha256:5f", "abc")
    assert {"--build-arg=BASE=debian@sha256:5f", "--build-arg=CODE_REVISION=abc", f"--tag={engines.TAG}"} <= set(told)


def test_where_no_engine_runs_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ServiceError, match="apt-get install -y buildah debootstrap"):
        engines.find()


def test_every_process_of_the_image_is_tried():
    processes = re.findall(r"^(\w+): ", (ROOT / "Procfile").read_text(), re.MULTILINE)
    assert set(trial.STAY) == set(processes) - {"release", "events"}  # events is a worker of fewer queues


def test_a_port_leads_to_a_socket_and_back(tmp_path):
    inside = socket.socket(socket.AF_UNIX)
    inside.bind(str(tmp_path / "s"))
    inside.listen()

    def answer():
        caller, _ = inside.accept()
        with caller, caller.makefile("rwb") as stream:
            stream.write(b"heard " + stream.read())

    threading.Thread(target=answer, daemon=True).start()
    with forwarded(tmp_path / "s") as port, socket.create_connection(("127.0.0.1", port), 30) as caller:
        caller.sendall(b"a question" * 20_000)
        caller.shutdown(socket.SHUT_WR)
        with caller.makefile("rb") as stream:
            assert stream.read() == b"heard " + b"a question" * 20_000
