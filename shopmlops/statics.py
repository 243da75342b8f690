"""Static files, outside of the pool that answers pages: whitenoise knows them, the event loop sends them."""

from __future__ import annotations

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware

from pipelines.endpoints.patience import Receive, Scope, Send, send_file

ASKED = {
    b"accept-encoding": "HTTP_ACCEPT_ENCODING",
    b"if-none-match": "HTTP_IF_NONE_MATCH",
    b"if-modified-since": "HTTP_IF_MODIFIED_SINCE",
    b"range": "HTTP_RANGE",
}


class Statics:
    """The files under STATIC_ROOT, as they were when the process started."""

    def __init__(self) -> None:
        self.noise = WhiteNoiseMiddleware(lambda request: None)

    def find(self, path: str) -> Any:
        """Return the file at an address, or nothing."""
        return self.noise.find_file(path) if self.noise.autorefresh else self.noise.files.get(path)

    async def door(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file that stands at the request's path."""
        asked = {ASKED[name]: value.decode("latin-1") for name, value in scope["headers"] if name in ASKED}
        found = self.find(scope["path"]).get_response(scope["method"], asked)
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in found.headers]
        try:
            size = int(dict(headers).get(b"content-length", b"0"))
            await send_file(receive, send, int(found.status), headers, found.file or Nothing(), size)
        finally:
            if found.file:
                found.file.close()


class Nothing:
    """A body without bytes."""

    def read(self, size: int) -> bytes:
        return b""
