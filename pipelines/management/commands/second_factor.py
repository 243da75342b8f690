"""Give an operator a second proof: codes of an authenticator app."""

from io import StringIO
from typing import Any

import segno
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shopmlops.operators.devices.models import Authenticator


class Command(BaseCommand):
    help = (
        "Prints once, as a picture and as an address, what an authenticator app scans to give an operator's codes. "
        "--anew takes the place of a device that was lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="whose login it is")
        parser.add_argument("--anew", action="store_true", help="the codes known so far are good no more")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["name"], is_staff=True).first()
        if user is None:
            raise CommandError(f"No operator is called {options['name']}.")
        if Authenticator.objects.filter(user=user).exists() and not options["anew"]:
            raise CommandError(f"{options['name']} has a device. --anew takes its place.")
        address = Authenticator.given_to(user)
        picture = StringIO()
        segno.make(address).terminal(picture, compact=True)
        self.stdout.write(
            f"{picture.getvalue()}\n{address}\nScan it now: it is shown this once. Whoever has it has the second proof."
        )
