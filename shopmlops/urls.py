"""Which address leads where."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("pipelines.endpoints.urls")),
    path("", include("dashboard.urls")),
]

handler404 = "dashboard.views.lost.not_found"
handler500 = "dashboard.views.lost.broken"
