"""An operator's authenticator app, as django-otp knows devices: its secret is sealed, and opened to look at a code."""

from __future__ import annotations

import os
import time
from base64 import b32encode
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from pipelines.shopify import vault

PURPOSE, SECRET_BYTES = "operator's authenticator", 20
TOLERANCE = 1  # steps of half a minute to either side


class Authenticator(ThrottlingMixin, Device):  # type: ignore[misc]  # they have no types
    """The secret that an operator's app and we share, and the last half minute of which a code was taken."""

    secret = models.BinaryField()
    last_step = models.BigIntegerField(default=-1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user"], name="one_authenticator")]

    @classmethod
    def given_to(cls, user: Any) -> str:
        """Give somebody a device in the place of what they had; return the address that their app scans."""
        cls.objects.filter(user=user).delete()
        secret = os.urandom(SECRET_BYTES)
        told = urlencode({"secret": b32encode(secret).decode(), "issuer": settings.OTP_TOTP_ISSUER}, quote_via=quote)
        label = quote(f"{settings.OTP_TOTP_ISSUER}:{user.get_username()}")
        cls.objects.create(user=user, name="authenticator", secret=sealed(secret, user.pk))
        return f"otpauth://totp/{label}?{told}"

    def verify_token(self, token: Any) -> bool:
        """Tell whether a code is good now; each is good once, and wrong ones slow down what is tried next."""
        if not self.verify_is_allowed()[0]:
            return False
        codes = TOTP(vault.unseal(self.secret, PURPOSE, str(self.user_id)))
        codes.time = time.time()
        is_good = str(token).isdecimal() and codes.verify(int(token), TOLERANCE, self.last_step + 1)
        newer = type(self).objects.filter(pk=self.pk, last_step__lt=codes.t())
        if not is_good or not newer.update(last_step=codes.t()):  # who comes second with a code is refused
            self.throttle_increment(commit=True)
            return False
        self.last_step = codes.t()
        self.throttle_reset(commit=True)
        return True

    def get_throttle_factor(self) -> float:
        return 1.0


def sealed(secret: bytes, user: int) -> bytes:
    """Seal a secret for one operator."""
    return vault.seal(secret, PURPOSE, str(user))


def rotate() -> int:
    """Seal every secret under the newest key; return how many were not."""
    newest = vault.newest_key_id()
    old = [row for row in Authenticator.objects.all() if vault.key_id_of(row.secret) != newest]
    for row in old:
        secret = vault.unseal(row.secret, PURPOSE, str(row.user_id))
        Authenticator.objects.filter(pk=row.pk).update(secret=sealed(secret, row.user_id))
    return len(old)
