"""What is the same on every page and for every shop is written once a process."""

from functools import cache

from django import template
from django.template.loader import render_to_string

from dashboard.framing import scripts

register = template.Library()


@register.simple_tag
@cache
def once(name: str) -> str:
    """Include a template that knows neither request nor shop, only where Shopify's scripts lie."""
    return render_to_string(name, scripts())
