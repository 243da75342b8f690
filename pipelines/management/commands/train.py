"""Train one version; a container's entry point, so the exit code tells how it ended."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.jobs.releases import propose_release
from pipelines.lifecycle.errors import (
    AlreadyRunning,
    ArtifactNotStored,
    ArtifactUnavailable,
    BadData,
    StageError,
    StaleData,
    is_own_fault,
)
from pipelines.management.shops import add_place, shop_named
from pipelines.models import ModelVersion
from pipelines.usecases.contract import NotEnoughHistory
from shopmlops.checks import foreign_storage

FAULT, REFUSED, TOO_LITTLE_DATA, UNDECIDED, NOT_OURS, MACHINE = 1, 3, 4, 5, 6, 7
JUDGED: dict[str, int] = {ModelVersion.State.REFUSED: REFUSED, ModelVersion.State.UNDECIDED: UNDECIDED}
STOPPED: dict[type[Exception], int] = {
    NotEnoughHistory: TOO_LITTLE_DATA,
    StaleData: TOO_LITTLE_DATA,
    BadData: TOO_LITTLE_DATA,
    AlreadyRunning: NOT_OURS,
    ArtifactNotStored: MACHINE,
    ArtifactUnavailable: MACHINE,
}


class Command(BaseCommand):
    help = (
        "Train, judge and propose one version. Exits 0 when it is validated, 3 when a check refused it, 4 on stale, "
        "broken or too little data, 5 when it is undecided, 6 when another run holds this training or has done it, "
        "7 on a fault of the machine (try again), 1 on anything else."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_place(parser)
        parser.add_argument("--trigger", default="operator", help="why: what the clock asks for runs only while due")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_by_code():
            version = trained(options["shop"], options["use_case"], options["trigger"])
            for gate in version.gates:
                self.stdout.write(f"{gate['verdict']:7} {gate['name']}: {gate['text']}")
            propose_release(version.shop_id, version.pk)
        if version.state != ModelVersion.State.VALIDATED:
            raise CommandError(f"Version {version.number} is {version.state}.", returncode=JUDGED[version.state])
        self.stdout.write(self.style.SUCCESS(f"Version {version.number} is validated."))


def trained(domain: str, use_case: str, trigger: str) -> ModelVersion:
    """Train and judge a version as a trainer does: the same claim, the same question whether it is still due."""
    from pipelines.lifecycle import due
    from pipelines.lifecycle.versions import train, validate

    shop, why = shop_named(domain), foreign_storage()
    if why:
        raise CommandError(why)
    if not due.is_wanted(shop, use_case, trigger):
        raise AlreadyRunning("This training is no longer due: another run has done it, or nobody asks for it now.")
    return validate.validate_version(train.train_version(shop_id=shop.pk, use_case=use_case, trigger=trigger))


@contextmanager
def told_by_code() -> Iterator[None]:
    """End with the code that says what stopped a training; what nobody expected travels up with its lines."""
    try:
        yield
    except CommandError:
        raise
    except (StageError, NotEnoughHistory) as error:
        raise CommandError(error.sentence, returncode=STOPPED.get(type(error), FAULT)) from None
    except Exception as error:
        if is_own_fault(error):
            raise
        raise CommandError(f"A fault of the machine, so try again: {error}", returncode=MACHINE) from error
