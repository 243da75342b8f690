"""Ask the door for questions, or an empty view, over a few connections, from a process of its own.

    python -m benchmarks.rig.questions PORT CONNECTIONS FILE

The file holds a list of [path, body] in JSON. Ends with one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.rig import load


def request(path: str, body: str) -> bytes:
    """Return a question as bytes on the wire."""
    content = body.encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: {len(content)}"
    return head.encode() + b"\r\n\r\n" + content


def main(port: str, connections: str, file: str) -> None:
    asked = json.loads(Path(file).read_text())
    requests = {number: request(*pair) for number, pair in enumerate(asked)}
    print(json.dumps(vars(load.run(int(port), int(connections), requests))))


if __name__ == "__main__":
    main(*sys.argv[1:])
