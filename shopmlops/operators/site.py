"""Let operators in by their password and, where OPERATOR_SECOND_FACTOR says so, by a code of their own device."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest
from django_otp import devices_for_user
from django_otp.admin import OTPAdminAuthenticationForm, OTPAdminSite


class LoginForm(OTPAdminAuthenticationForm):  # type: ignore[misc]  # it has no types
    """Name, password and a code, asked for at once: an operator has one device, which nobody has to choose."""

    def _chosen_device(self, user: Any) -> Any:
        return super()._chosen_device(user) or next(devices_for_user(user, for_verify=True), None)


class OperatorsSite(AdminSite):
    """Django's admin, whose door asks for a second proof where the setting says so."""

    site_header = site_title = "shopmlops operators"
    index_title = "The fleet"

    @property
    def login_form(self) -> type[AdminAuthenticationForm]:  # type: ignore[override]  # asked at each login
        return LoginForm if settings.OPERATOR_SECOND_FACTOR else AdminAuthenticationForm

    @property
    def login_template(self) -> str | None:  # type: ignore[override]
        return OTPAdminSite.login_template if settings.OPERATOR_SECOND_FACTOR else None

    def has_permission(self, request: HttpRequest) -> bool:
        """Say whether somebody may see any page here: a password alone is half of what is asked for."""
        is_verified = not settings.OPERATOR_SECOND_FACTOR or request.user.is_verified()  # type: ignore[union-attr]
        return super().has_permission(request) and is_verified
