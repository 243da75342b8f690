"""Work off jobs."""

import importlib
import logging
import time
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from redis import RedisError

from pipelines.jobs.queue import worker
from shopmlops import alive
from shopmlops.checks import refuse_foreign_storage

log = logging.getLogger(__name__)
PAUSE = 2.0
LIGHT = {"events"}  # queues whose jobs need none of it
NEEDED = ("pandas", "scipy.stats")  # by most other jobs: a fork that finds them loaded saves a second of a core


class Command(BaseCommand):
    help = "Works off the jobs of the named queues, the first one first, until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queues", nargs="+", choices=settings.QUEUES)
        parser.add_argument("--burst", action="store_true", help="stop when the queues are empty")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            refuse_foreign_storage()
        except ImproperlyConfigured as refusal:
            raise CommandError(str(refusal)) from None
        for name in NEEDED if set(options["queues"]) - LIGHT else ():
            importlib.import_module(name)
        connections.close_all()  # each job is a fork and opens its own
        while True:
            alive.touch()
            try:
                worker(*options["queues"]).work(burst=options["burst"], logging_level="WARNING")
                return
            except RedisError as error:
                if options["burst"]:
                    raise CommandError(f"The queue cannot be reached: {error}") from None
                log.warning("The worker waits for the queue: %s", error)
                time.sleep(PAUSE)
