"""Command line: seed a store, or serve one."""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from devstore.order_files.lines import WrongFile
from devstore.scenarios import SCENARIOS
from devstore.seeding import Plan, seed

if TYPE_CHECKING:
    from devstore.platform import Settings


def parser() -> argparse.ArgumentParser:
    """Describe the two commands."""
    top = argparse.ArgumentParser(prog="python -m devstore", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    create = commands.add_parser("seed", help="create a store once")
    create.add_argument("--state", type=Path, required=True)
    create.add_argument("--shop", required=True)
    create.add_argument("--orders", type=Path, help="CSV, CSV.gz or Parquet file of real order lines")
    create.add_argument("--like", metavar="SHOP", help="a second store: the catalogue of this one, and a few orders")
    create.add_argument("--days", type=int, default=540)
    create.add_argument("--history-days", type=int, help="orders older than this are hidden from the app")
    create.add_argument("--size", choices=("small", "medium", "large"), default="small")
    create.add_argument("--orders-per-day", type=float)
    create.add_argument(
        "--kits", type=float, default=0, help="share of further things in a basket that go with the first"
    )
    create.add_argument("--scenario", choices=SCENARIOS, help="make it up as this scenario wants it")
    create.add_argument("--seed", type=int, default=0)
    create.add_argument("--timezone", default="Europe/London")
    create.add_argument("--currency", default="GBP")
    run = commands.add_parser("serve", help="answer as Shopify")
    run.add_argument("--state", type=Path, required=True)
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--port", type=int, default=9300)
    run.add_argument("--app-url", default="http://127.0.0.1:8000")
    return top


def main() -> int:
    """Run one command and say in one line what stopped it."""
    given = vars(parser().parse_args())
    command, state = given.pop("command"), given.pop("state")
    try:
        if command == "seed":
            scenario = SCENARIOS.get(given.pop("scenario"))
            print(json.dumps(seed(state, Plan(**given | dict(scenario.store if scenario else {})))))
            return 0
        return serve(state, **given)
    except WrongFile as error:
        print(error, file=sys.stderr)
        return 2


def serve(state: Path, host: str, port: int, app_url: str) -> int:
    """Serve until stopped."""
    missing = [name for name in ("DEVSTORE_CLIENT_ID", "DEVSTORE_CLIENT_SECRET") if not os.environ.get(name)]
    if missing:
        print(f"Set {' and '.join(missing)}: the app's client id and secret.", file=sys.stderr)
        return 2
    if host not in ("127.0.0.1", "::1", "localhost"):
        print(f"--host {host}: the development store answers on loopback only.", file=sys.stderr)
        return 2
    from devstore.platform import Settings

    asyncio.run(_listen(Settings.from_environment(state, port, app_url), host))
    return 0


async def _listen(settings: "Settings", host: str) -> None:
    """Serve in this very process until a signal comes."""
    from granian.constants import Interfaces
    from granian.server.embed import Server

    from devstore.web import create_app

    server = Server(create_app(settings), address=host, port=settings.port, interface=Interfaces.ASGI)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    await server.serve()


if __name__ == "__main__":
    sys.exit(main())
