"""Ask a server over a few connections, from a process of its own.

    python -m benchmarks.rig.serving.asking PORT CONNECTIONS FILE

The file holds a list of [method, path, body, bearer] in JSON. Ends with one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.rig import load


def request(method: str, path: str, body: str, bearer: str) -> bytes:
    """Return a request as bytes on the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {bearer}\r\n" if bearer else ""
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def main(port: str, connections: str, file: str) -> None:
    asked = json.loads(Path(file).read_text())
    requests = {number: request(*each) for number, each in enumerate(asked)}
    print(json.dumps(vars(load.run(int(port), int(connections), requests))))


if __name__ == "__main__":
    main(*sys.argv[1:])
