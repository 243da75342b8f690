"""The app's addresses, and one that leads to an empty view."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from dashboard.embedding import merchant_required
from shopmlops import urls

handler404, handler500 = urls.handler404, urls.handler500


@merchant_required
def empty(request: HttpRequest) -> HttpResponse:
    """Answer a merchant who proved who they are with nothing."""
    return HttpResponse("")


urlpatterns = [path("empty", empty), *urls.urlpatterns]
