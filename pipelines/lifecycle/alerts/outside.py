"""The one door through which alerts leave to addresses that merchants typed.

An address may point inside the network, now or by the time that it is called. So its host is resolved once, every
address that comes out must be public, and the connection goes to just that address; https alone, with the certificate
of the name. Redirects are not followed, nothing of the answer is read but its status, and all is over within seconds.
In a demo, where nothing but this machine is there, loopback and http are let through.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

import certifi
from django.conf import settings

CONNECT_SECONDS, ANSWER_SECONDS, DEADLINE_SECONDS = 3.0, 5.0, 10.0
LONGEST_ADDRESS = 1000
HTTPS = 443
ADDRESSES_TRIED = 2
NAT64 = ipaddress.ip_network("64:ff9b::/96")
HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")

INSIDE = "There is no server on the internet under that name: it leads nowhere, or inside a network."
NOT_HTTPS = "It has to begin with https:// and use no port of its own."
NO_ADDRESS = "That is not the address of a server."
NO_ANSWER = "The server did not answer in time."
NOT_REACHED = "The server could not be reached."
NOT_TRUSTED = "The server could not prove that it is who it says: its certificate is wrong."

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotOutside(Exception):
    """An address that we do not call; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Unanswered(NotOutside):
    """A server that did not answer as a server should; it may next time."""


@dataclass(frozen=True)
class Target:
    """An address taken apart: nothing of it was asked yet."""

    is_tls: bool
    host: str
    port: int
    path: str


def parsed(url: str) -> Target:
    """Take an address apart, or refuse one that we would never call."""
    if len(url) > LONGEST_ADDRESS or not url.isascii() or not url.isprintable() or " " in url:
        raise NotOutside(NO_ADDRESS)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise NotOutside(NO_ADDRESS) from None
    is_tls = parts.scheme == "https"
    if "@" in parts.netloc or not HOST.fullmatch(f"[{host}]" if ":" in host else host):
        raise NotOutside(NO_ADDRESS)
    if not settings.DEMO and not (is_tls and port in (None, HTTPS)):
        raise NotOutside(NOT_HTTPS)
    if parts.scheme not in ("http", "https"):
        raise NotOutside(NOT_HTTPS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(is_tls, host, port or (HTTPS if is_tls else 80), path)


def is_public(address: Address) -> bool:
    """Say whether an address is one of the internet's: what carries another inside it is judged by that."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local or int(address) >> 32 == 0:  # ::/96, once for addresses of IPv4
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def may_be_called(address: Address) -> bool:
    """Say whether we may connect to an address."""
    return is_public(address) or (settings.DEMO and address.is_loopback)


def resolved(target: Target) -> list[Address]:
    """Return where a host answers, IPv4 first; refuse it altogether where one of its addresses is not public."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unanswered(INSIDE) from None  # the same words: which names there are inside is nobody's to ask
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not addresses or not all(map(may_be_called, addresses)):
        raise NotOutside(INSIDE)
    return sorted(dict.fromkeys(addresses), key=lambda address: address.version)


def check(url: str) -> None:
    """Refuse an address that we would not call today; one that is away today may be there tomorrow."""
    target = parsed(url)
    try:
        resolved(target)
    except Unanswered as trouble:
        raise NotOutside(trouble.sentence) from None


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body and return the status of the answer; nothing else of it is read."""
    target = parsed(url)
    addresses = resolved(target)[:ADDRESSES_TRIED]
    try:
        with connected(target, addresses) as line, deadline(line):
            client = http.client.HTTPConnection(target.host, target.port)
            client.sock = line
            host = f"[{target.host}]" if ":" in target.host else target.host
            client.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
            client.putheader("Host", host if target.port in (HTTPS, 80) else f"{host}:{target.port}")
            for name, value in ({"Content-Length": str(len(body)), "Connection": "close"} | dict(headers)).items():
                client.putheader(name, value)
            client.endheaders(body)
            return client.getresponse().status
    except ssl.SSLCertVerificationError:
        raise Unanswered(NOT_TRUSTED) from None
    except TimeoutError:
        raise Unanswered(NO_ANSWER) from None
    except (OSError, http.client.HTTPException, ValueError):
        raise Unanswered(NOT_REACHED) from None


@contextmanager
def connected(target: Target, addresses: list[Address]) -> Iterator[socket.socket]:
    """Connect to the first of the addresses that answers: to it, not to the name, which may lead elsewhere by now."""
    line = None
    for address in addresses:
        try:
            line = socket.create_connection((str(address), target.port), CONNECT_SECONDS)
            break
        except OSError as trouble:
            last = trouble
    if line is None:
        raise last
    try:
        line.settimeout(ANSWER_SECONDS)
        if target.is_tls:
            line = trust().wrap_socket(line, server_hostname=target.host)
        yield line
    finally:
        line.close()


@contextmanager
def deadline(line: socket.socket) -> Iterator[None]:
    """End a conversation that drags on, a byte at a time."""
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        with suppress(OSError):
            socket.socket.shutdown(line, socket.SHUT_RDWR)  # below TLS, whose own would wait for the other side

    clock = threading.Timer(DEADLINE_SECONDS, end)
    clock.daemon = True
    clock.start()
    try:
        yield
        if is_over.is_set():  # what was read by then may be half an answer
            raise TimeoutError
    except (OSError, http.client.HTTPException, ValueError):
        if is_over.is_set():
            raise TimeoutError from None
        raise
    finally:
        clock.cancel()


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """Return whose certificates are believed."""
    return ssl.create_default_context(cafile=certifi.where())
