"""The door to addresses that merchants typed: nothing inside a network is ever called, nobody can keep us waiting."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pipelines.lifecycle.alerts import outside
from tests.fake_shopify import Reply

INSIDE = [
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.127.255.254", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::8.8.8.8"),
    *("fe80::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "64:ff9b::7f00:1"),
    *("64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "100::1", "2001:0:0:0:0:0:80ff:fffe"),
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"]


def leads_to(monkeypatch, *addresses):
    """Have every name lead to these addresses, one list after the other; return the names that were asked for."""
    asked, answers = [], list(addresses)

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(outside.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.fixture
def nobody_is_connected(monkeypatch):
    """Note where a connection is opened to, and open none."""
    opened = []

    def connect(address, timeout):
        opened.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(outside.socket, "create_connection", connect)
    return opened


class TestWhatIsRefused:
    @pytest.mark.parametrize("address", INSIDE)
    def test_an_address_inside(self, address, monkeypatch, nobody_is_connected):
        leads_to(monkeypatch, [address])
        with pytest.raises(outside.NotOutside, match="inside a network"):
            outside.post("https://hooks.example.com/", b"{}", {})
        assert nobody_is_connected == []

    @pytest.mark.parametrize("address", PUBLIC)
    def test_but_no_public_one(self, address, monkeypatch, nobody_is_connected):
        leads_to(monkeypatch, [address])
        with pytest.raises(outside.Unanswered):
            outside.post("https://hooks.example.com/", b"{}", {})
        assert [ipaddress.ip_address(to) for to, _ in nobody_is_connected] == [ipaddress.ip_address(address)]

    @given(st.ip_addresses(v=4))
    def test_what_carries_an_inner_address_is_judged_by_it(self, inner):
        for mapped in (f"::ffff:{inner}", f"64:ff9b::{inner}"):
            assert outside.is_public(ipaddress.ip_address(mapped)) == outside.is_public(inner)

    def test_a_name_with_one_address_inside_is_refused_altogether(self, monkeypatch, nobody_is_connected):
        leads_to(monkeypatch, ["8.8.8.8", "10.0.0.1"])
        with pytest.raises(outside.NotOutside, match="inside a network"):
            outside.post("https://hooks.example.com/", b"{}", {})
        assert nobody_is_connected == []

    def test_a_name_that_leads_elsewhere_a_moment_later_is_not_asked_again(self, monkeypatch, nobody_is_connected):
        asked = leads_to(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
        with pytest.raises(outside.Unanswered):
            outside.post("https://hooks.example.com/", b"{}", {})
        assert asked == ["hooks.example.com"] and nobody_is_connected == [("8.8.8.8", 443)]

    @pytest.mark.parametrize(
        "url",
        [
            "http://hooks.example.com/",
            "https://hooks.example.com:8443/",
            "https://hooks.example.com:22/",
            "ftp://hooks.example.com/",
            "file:///etc/passwd",
            "gopher://hooks.example.com/",
            "https://user:pw@hooks.example.com/",
            "https://hooks.example.com@127.0.0.1/",
            "https:///path",
            "https://",
            "hooks.example.com",
            "",
            "https://hooks.example.com/\r\nX: y",
            "https://hooks.example.com/a b",
            "https://exa\u2024mple.com/",
            "https://[::1",
            "https://[fe80::1%25eth0]/",
            "https://hooks.example.com:99999/",
            "https://hooks.example.com/" + "a" * 1000,
        ],
    )
    def test_an_address_that_is_none(self, url, monkeypatch, nobody_is_connected):
        leads_to(monkeypatch, ["8.8.8.8"])
        with pytest.raises(outside.NotOutside) as refusal:
            outside.check(url)
        assert refusal.value.sentence in (outside.NOT_HTTPS, outside.NO_ADDRESS) and nobody_is_connected == []

    @pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "[::1]"])
    def test_this_machine_under_any_spelling(self, host, nobody_is_connected):
        with pytest.raises(outside.NotOutside, match="inside a network"):
            outside.check(f"https://{host}/")
        assert nobody_is_connected == []

    def test_a_name_that_is_known_inside_alone_is_refused_like_one_that_nobody_knows(self, monkeypatch):
        def unknown(*args, **kwargs):
            raise socket.gaierror

        leads_to(monkeypatch, ["10.0.0.1"])
        with pytest.raises(outside.NotOutside) as inside:
            outside.check("https://vault.internal/")
        monkeypatch.setattr(outside.socket, "getaddrinfo", unknown)
        with pytest.raises(outside.NotOutside) as nowhere:
            outside.check("https://vault.internal/")
        assert inside.value.sentence == nowhere.value.sentence

    def test_a_demo_calls_this_machine_and_nothing_else_inside(self, settings, monkeypatch):
        settings.DEMO = True
        outside.check("http://127.0.0.1:9300/")
        for address in INSIDE:
            if not ipaddress.ip_address(address).is_loopback:
                leads_to(monkeypatch, [address])
                with pytest.raises(outside.NotOutside):
                    outside.check("http://inside.example.com/")


class TestAnswers:
    @pytest.mark.parametrize("status", [200, 204, 302, 404, 410, 500])
    def test_only_the_status_counts(self, server, status):
        server.on_file = lambda asked: Reply(status, b"" if status == 204 else b"told")
        assert outside.post(f"{server.origin}/hook?x=1", b'{"a": 1}', {"Content-Type": "application/json"}) == status
        assert server.asked[0].path == "/hook?x=1" and server.asked[0].json == {"a": 1}
        assert server.asked[0].headers["Host"] == server.host

    @pytest.mark.parametrize("where", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "/again"])
    def test_a_redirect_is_not_followed(self, server, where):
        server.on_file = lambda asked: Reply(307, b"", {"Location": where})
        assert outside.post(server.origin, b"{}", {}) == 307
        assert len(server.asked) == 1

    def test_a_huge_answer_is_not_read(self):
        sent = []

        def flood(line):
            line.recv(4096)
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
            try:
                while True:
                    sent.append(line.send(b"x" * 65_536))
            except OSError:
                pass

        with serving(flood) as (port, thread):
            assert outside.post(f"http://127.0.0.1:{port}/", b"{}", {}) == 200
            thread.join(10)
        assert sum(sent) < 50_000_000, "the rest of it was read"

    def test_an_answer_of_headers_without_end_is_given_up(self, monkeypatch):
        def flood(line):
            line.recv(4096)
            try:
                line.sendall(b"HTTP/1.1 200 OK\r\n")
                while True:
                    line.sendall(b"X-More: " + b"x" * 60_000 + b"\r\n")
            except OSError:
                pass

        with serving(flood) as (port, _), pytest.raises(outside.Unanswered):
            outside.post(f"http://127.0.0.1:{port}/", b"{}", {})

    @pytest.mark.parametrize("said", [b"", b"\x00\xff" * 40, b"HTTP/1.1 abc\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n"])
    def test_what_is_no_answer_is_none(self, said):
        talk = serving(lambda line: (line.recv(4096), line.sendall(said)))
        with talk as (port, _), pytest.raises(outside.Unanswered):
            outside.post(f"http://127.0.0.1:{port}/", b"{}", {})

    def test_who_hangs_is_given_up(self, monkeypatch):
        monkeypatch.setattr(outside, "ANSWER_SECONDS", 0.2)
        released = threading.Event()
        with serving(lambda line: released.wait(60)) as (port, _):
            with pytest.raises(outside.Unanswered, match="did not answer in time"):
                outside.post(f"http://127.0.0.1:{port}/", b"{}", {})
            released.set()

    def test_who_answers_a_byte_at_a_time_is_given_up_too(self, monkeypatch):
        monkeypatch.setattr(outside, "DEADLINE_SECONDS", 0.5)
        released = threading.Event()

        def drip(line):
            line.recv(4096)
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 60_000:
                if released.is_set():
                    return
                try:
                    line.send(bytes([byte]))
                except OSError:
                    return
                time.sleep(0.02)

        with serving(drip) as (port, _):
            with pytest.raises(outside.Unanswered, match="did not answer in time"):
                outside.post(f"http://127.0.0.1:{port}/", b"{}", {})
            released.set()

    def test_where_nobody_listens_nobody_is_reached(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            with pytest.raises(outside.Unanswered, match="could not be reached"):
                outside.post(f"http://127.0.0.1:{taken.getsockname()[1]}/", b"{}", {})


class TestCertificates:
    """Over TLS the name that was typed must be proven, though the connection goes to an address."""

    @pytest.fixture
    def tls(self, tmp_path):
        files = a_certificate(tmp_path, "localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        named = []
        context.sni_callback = lambda line, name, _: named.append(name)

        def answer(line):
            with context.wrap_socket(line, server_side=True) as safe:
                safe.recv(4096)
                safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        with serving(answer) as (port, _):
            yield port, files[0], named

    def test_a_stranger_is_not_believed(self, tls):
        with pytest.raises(outside.Unanswered, match="certificate is wrong"):
            outside.post(f"https://localhost:{tls[0]}/", b"{}", {})

    def test_who_proves_the_name_is_told(self, tls, monkeypatch):
        monkeypatch.setattr(outside, "trust", lambda: ssl.create_default_context(cafile=tls[1]))
        assert outside.post(f"https://localhost:{tls[0]}/", b"{}", {}) == 200
        assert tls[2] == ["localhost"]

    def test_who_proves_another_name_is_not(self, tls, monkeypatch):
        monkeypatch.setattr(outside, "trust", lambda: ssl.create_default_context(cafile=tls[1]))
        leads_to(monkeypatch, ["127.0.0.1"])
        with pytest.raises(outside.Unanswered, match="certificate is wrong"):
            outside.post(f"https://hooks.example.com:{tls[0]}/", b"{}", {})


@pytest.fixture(autouse=True)
def demo_where_servers_are_real(request, settings):
    """Let tests that play a server call this machine."""
    settings.DEMO = request.cls in (TestAnswers, TestCertificates)


@contextmanager
def serving(answer) -> Iterator[tuple[int, threading.Thread]]:
    """Answer connections with a function of the socket."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            try:
                line, _ = door.accept()
            except OSError:
                return
            with line, suppress(OSError):
                answer(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield door.getsockname()[1], thread


def a_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=4000))
        .not_valid_after(now + timedelta(days=4000))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return paths
