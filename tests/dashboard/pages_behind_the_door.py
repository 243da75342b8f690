"""Two pages that only a merchant may see, and Django's own admin beside them."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from dashboard.embedding import bounce, merchant_required


@merchant_required
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"<p>{request.shop.domain} {request.staff.sub} {request.method}</p>")


@merchant_required
def broken(request: HttpRequest) -> HttpResponse:
    from django.db import OperationalError

    raise OperationalError("could not connect to host secret.internal")


def open_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("", page, name="home"),
    path("forecasts", page, name="forecasts"),
    path("broken", broken),
    path("healthz", open_page),
    path("bounce", bounce, name="bounce"),
    path("admin/", admin.site.urls),
]
