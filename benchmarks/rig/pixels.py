"""Tell the pixel's door what made-up visitors do, over a few connections, from a process of its own.

    python -m benchmarks.rig.pixels PORT CONNECTIONS FILE

The file holds shop, key, now, first and count in JSON. Ends with one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.rig import load

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


def request(number: int, facts: dict[str, Any]) -> bytes:
    """Return one event as bytes on the wire, from an address of its own."""
    event = {"id": f"event-{number}", "name": "product_viewed", "at": facts["now"], "product": 9_000_000 + number}
    told = {"shop": facts["shop"], "key": facts["key"], "unit": f"visitor-{number:08d}", "analytics": True}
    content = json.dumps(told | {"sent": facts["now"], "events": [event]}).encode()
    address = f"198.51.{number // 250 % 250}.{number % 250}"
    headers = [
        "POST /pixel HTTP/1.1",
        "Host: 127.0.0.1",
        f"User-Agent: {BROWSER}",
        f"X-Forwarded-For: {address}",
        "Content-Type: text/plain;charset=UTF-8",
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + content


def main(port: str, connections: str, file: str) -> None:
    facts = json.loads(Path(file).read_text())
    numbers = range(facts["first"], facts["first"] + facts["count"])
    requests = {number: request(number, facts) for number in numbers}
    print(json.dumps(vars(load.run(int(port), int(connections), requests))))


if __name__ == "__main__":
    main(*sys.argv[1:])
