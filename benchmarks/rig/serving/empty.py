"""An app that answers nothing, under the same server: how fast any answer could be.

python -m benchmarks.rig.serving.empty PORT
"""

from __future__ import annotations

import sys
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops

from shopmlops import server


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer with nothing."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    Granian(
        f"{__spec__.name}:app",
        port=int(sys.argv[1]),
        workers=server.WORKERS,
        interface=Interfaces.ASGINL,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    ).serve()
