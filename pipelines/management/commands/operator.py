"""Someone who may look into the demo's tables."""

import getpass
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection

from pipelines.ops import running
from pipelines.ops.errors import ServiceError
from shopmlops.settings import database


class Command(BaseCommand):
    help = (
        "Creates an operator in the demo that runs, or gives a known one a new password, and prints where they log in. "
        "The password is OPERATOR_PASSWORD, or asked for. In production: createsuperuser."
    )
    requires_system_checks: list[str] = []  # the demo's own processes have been checked

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="asked for when it is left out")
        parser.add_argument("--state", type=Path, help="the state folder of the demo (default: the one that runs)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            demo = running.find(settings.STATE_DIR, options["state"])
        except ServiceError as error:
            raise CommandError(str(error)) from None
        name, password = asked(options["name"], os.environ.get("OPERATOR_PASSWORD"))
        connection.settings_dict.update(database(demo.database_url))
        try:
            is_new = give(name, password)
        except OperationalError as error:
            raise CommandError(f"The database of the demo in {demo.state} does not answer: {error}") from None
        done = "may log in" if is_new else "was there before and has the new password now; log in"
        self.stdout.write(f"{name} {done} at {demo.app_url}/admin/")


def asked(name: str | None, password: str | None) -> tuple[str, str]:
    """Return a name and a password that will do, asking for what was not given."""
    try:
        name = (name or input("Name of the operator: ")).strip()
        if not password:
            password = getpass.getpass()
            if getpass.getpass("Password (again): ") != password:
                raise CommandError("The two passwords differ.")
        user = get_user_model()(username=name)
        user._meta.get_field("username").clean(name, user)
        validate_password(password, user)
    except EOFError:
        raise CommandError("Nobody answers here. Give both: make operator NAME=… PASSWORD=…") from None
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    return name, password


def give(name: str, password: str) -> bool:
    """Let someone log in as operator with this password; return whether they are new."""
    rights = {"is_active": True, "is_staff": True, "is_superuser": True, "password": make_password(password)}
    return get_user_model().objects.update_or_create(username=name, defaults=rights)[1]
