"""Let operators in by their password and, where OPERATOR_SECOND_FACTOR says so, by a code of their own device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_otp import devices_for_user
from django_otp.admin import OTPAdminAuthenticationForm, OTPAdminSite

from pipelines.jobs import queue
from shopmlops.operators import fleet, looking, switching

if TYPE_CHECKING:
    Rows = ModelAdmin[Any]
else:
    Rows = ModelAdmin  # not generic while the app runs


class ChosenRows(Rows):
    """A list whose chosen rows are keys of its own kind: Django's looks for whatever it is told, and breaks on it."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Refuse keys that no row can have, and a sign in the address that no text of the database can have."""
        if "%00" in request.META["QUERY_STRING"]:
            raise BadRequest("The address asks for what no row can hold.")
        try:
            for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(chosen)
        except ValidationError:
            raise BadRequest("A row was chosen that no list has.") from None
        return super().changelist_view(request, extra_context)


class LoginForm(OTPAdminAuthenticationForm):  # type: ignore[misc]  # it has no types
    """Name, password and a code, asked for at once: an operator has one device, and which one is never read."""

    def _chosen_device(self, user: Any) -> Any:
        return next(devices_for_user(user, for_verify=True), None)


@require_POST
def requeue(request: HttpRequest, name: str) -> HttpResponse:
    """Put the failed jobs of a queue back on it."""
    if not request.user.has_perm("pipelines.change_webhookdelivery"):
        raise PermissionDenied
    if name not in settings.QUEUES:
        raise Http404(name)
    messages.info(request, f"{queue.try_failed_again(name)} jobs of {name} will be tried again.")
    return HttpResponseRedirect(reverse("admin:index"))


class OperatorsSite(AdminSite):
    """Django's admin, whose door asks for a second proof where the setting says so."""

    site_header = site_title = "shopmlops operators"
    index_title = "The fleet"
    index_template = "admin/fleet.html"

    def get_urls(self) -> list[Any]:
        """Add what Django's admin does not have: a look as the merchant, and failed jobs that are tried again."""
        own = [
            path("look/<int:pk>/", self.admin_view(looking.look), name="look"),
            path("look/<int:pk>/<path:inner>", self.admin_view(looking.look), name="look-at"),
            path("queues/<slug:name>/requeue", self.admin_view(requeue), name="requeue"),
            path("switches/<int:pk>/<str:name>", self.admin_view(switching.turn), name="switch"),
        ]
        return own + super().get_urls()

    def register(self, model_or_iterable: Any, admin_class: type[Rows] | None = None, **options: Any) -> None:
        """Take a list in, whoever wrote it, with its chosen rows looked at."""
        written = admin_class or ModelAdmin
        checked = type(written.__name__, (ChosenRows, written), {})
        super().register(model_or_iterable, checked, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show how the fleet is, above the tables."""
        return super().index(request, {"fleet": fleet.state(timezone.now())} | (extra_context or {}))

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
