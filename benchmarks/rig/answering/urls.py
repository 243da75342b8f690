"""One address, which leads to an empty view."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def empty(request: HttpRequest) -> HttpResponse:
    """Answer nothing."""
    return HttpResponse("")


urlpatterns = [path("empty", empty)]
