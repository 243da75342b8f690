"""Which address leads where. Machines have doors of their own before Django: shopmlops/asgi.py."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("dashboard.urls")),
]

handler404 = "dashboard.views.lost.not_found"
handler500 = "dashboard.views.lost.broken"
