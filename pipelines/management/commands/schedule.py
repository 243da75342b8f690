"""Keep time for the periodic jobs."""

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error as DatabaseTrouble
from django.db import connections
from redis import RedisError
from rq.exceptions import StopRequested

from pipelines.jobs.schedule import scheduler
from shopmlops import alive

log = logging.getLogger(__name__)
PAUSE = 2.0


class Command(BaseCommand):
    help = "Enqueues the periodic jobs when they are due. One is enough; a second one does no harm."

    def handle(self, *args: Any, **options: Any) -> None:
        clock = scheduler()
        while True:
            alive.touch()
            try:
                clock.start()
                return
            except StopRequested:  # told again while it said goodbye
                return
            except (RedisError, DatabaseTrouble) as error:
                log.warning("The clock waits for the database and the queue: %s", error)
                connections.close_all()
                time.sleep(PAUSE)
