"""The address of the page."""

from django.urls import path

from dashboard.usecases.repeat_orders import views

urlpatterns = [path("customers", views.customers_due, name="customers-due")]
