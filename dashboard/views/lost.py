"""Nowhere: an address that leads to nothing, and a page that broke. Neither leaves a merchant before an empty frame."""

from django.http import HttpResponse, HttpResponseNotFound

from dashboard.asking import Request
from dashboard.embedding import keep_out, refuse
from dashboard.pages import show


def not_found(request: Request, exception: Exception) -> HttpResponse:
    """Show a merchant the way home; tell everybody else nothing."""
    if request.path.startswith("/admin/") or (request.shop is None and keep_out(request)):
        return HttpResponseNotFound("Not found", content_type="text/plain")
    return show(request, "dashboard/lost.html", {}, status=404)


def broken(request: Request) -> HttpResponse:
    """Say that something broke, without asking the database for anything."""
    return refuse(request, "Something broke on our side. What is live goes on.", 500)
