"""What is the same on every page and for every shop is written once a process."""

from functools import cache

from django import template
from django.template.loader import render_to_string

from dashboard.brought import navigation
from dashboard.framing import scripts

register = template.Library()


@register.simple_tag
@cache
def once(name: str) -> str:
    """Include a template that knows neither request nor shop, only Shopify's scripts and the use cases' pages."""
    return render_to_string(name, {**scripts(), "navigation": navigation()})
