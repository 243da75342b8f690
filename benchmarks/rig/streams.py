"""Many pages that listen, from one process: opens streams, reads what they are told, says how long that took.

    python -m benchmarks.rig.streams PORT FILE

The file holds in JSON: for each stream its ID token. Says "open N" once all are answered, then a line for each event:
its time. Ends when its input ends.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from pathlib import Path


def request(token: str) -> bytes:
    """Return a page's request for a stream as bytes on the wire."""
    return f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def main(port: str, file: str) -> None:
    tokens = json.loads(Path(file).read_text())
    with selectors.EpollSelector() as selector:
        for token in tokens:
            client = socket.create_connection(("127.0.0.1", int(port)))
            client.sendall(request(token))
            selector.register(client, selectors.EVENT_READ)
        selector.register(sys.stdin.buffer, selectors.EVENT_READ)
        listen(selector, len(tokens))


def listen(selector: selectors.BaseSelector, wanted: int) -> None:
    """Read until nobody wants it any more."""
    is_open: set[int] = set()
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin.buffer:
                return
            assert isinstance(key.fileobj, socket.socket)
            said = key.fileobj.recv(65536)
            if not said:
                selector.unregister(key.fileobj)
            if said.startswith(b"HTTP/1.1 200"):
                is_open.add(key.fd)
                if len(is_open) == wanted:
                    print(f"open {wanted}", flush=True)
            elif b"event: changed" in said:
                print(f"told {time.time()}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
