"""An S3 server on this machine, out of a package, that can be taken away and brought back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

NAME = "artifacts"
KEYS = {"access_key": "access", "secret_key": "secret"}


class Server:
    """moto's S3, over HTTP; its objects outlive the thread that serves them."""

    def __init__(self) -> None:
        moto = pytest.importorskip("moto.server", reason="needs moto: requirements-dev.txt")
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.make = moto.ThreadedMotoServer
        self.port = 0
        self.begin()

    def begin(self) -> None:
        """Serve, where it was served before."""
        self.thread = self.make("127.0.0.1", self.port, verbose=False)
        self.thread.start()
        self.port = self.thread.get_host_and_port()[1]

    def end(self) -> None:
        """Serve no more."""
        self.thread.stop()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def objects(self) -> Any:
        """Return the bucket as its owner sees it."""
        keys = {"aws_access_key_id": "access", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        return boto3.resource("s3", endpoint_url=self.address, **keys).Bucket(NAME)


@contextmanager
def running() -> Iterator[Server]:
    """Serve an empty bucket."""
    server = Server()
    try:
        if server.objects.creation_date:
            server.objects.objects.all().delete()
        else:
            server.objects.create()
        yield server
    finally:
        server.end()
