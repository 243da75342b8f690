"""Plays a Kubernetes API server over TLS, with a certificate of its own authority."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "token-of-the-pod"


@dataclass
class Cluster:
    """What the API server holds, was asked, and answers."""

    port: int = 0
    cronjob: dict[str, Any] = field(
        default_factory=lambda: yaml.safe_load((ROOT / "deploy/kubernetes/base/train.yaml").read_text())
    )
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    refuses: int | None = None

    def end(self, name: str, how: str) -> None:
        """End a Job as its controller does."""
        self.jobs[name]["status"] = {"conditions": [{"type": how, "status": "True"}]}

    def answer(self, method: str, path: str, token: str, body: Any) -> tuple[int, dict[str, Any]]:
        self.asked.append((method, path))
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Unauthorized"}
        if self.refuses:
            return self.refuses, {"message": "not now"}
        place, _, name = path.removeprefix("/apis/batch/v1/namespaces/shops/").partition("/")
        if place == "cronjobs":
            return (200, self.cronjob) if name == self.cronjob["metadata"]["name"] else (404, {"message": "not found"})
        if method == "POST":
            name = body["metadata"]["name"]
            if name in self.jobs:
                return 409, {"message": "already exists"}
            self.jobs[name] = body
            return 201, body
        found = self.jobs.pop(name) if method == "DELETE" else self.jobs[name]
        return 200, found


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """Serve a cluster; its account lies in the folder, as in a pod."""
    cluster = Cluster()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, said = cluster.answer(self.command, self.path, self.headers.get("Authorization", ""), body)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    cluster.port = server.server_address[1]
    (folder / "token").write_text(f"{TOKEN}\n")
    (folder / "namespace").write_text("shops")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield cluster
    finally:
        server.shutdown()
        server.server_close()


def certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1, leave it where a pod finds its cluster's, and return it with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cluster")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    (folder / "ca.crt").write_bytes(pem)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(private + pem)
    return folder / "server.pem"
