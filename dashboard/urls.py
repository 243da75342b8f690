"""Addresses of the merchant's pages."""

urlpatterns: list = []
