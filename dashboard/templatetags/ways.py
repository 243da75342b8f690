"""Where a merchant ends what costs them."""

from django import template
from django.urls import reverse

from dashboard.brought import brought_by
from pipelines.lifecycle.alerts import board
from pipelines.models import Alert
from pipelines.usecases import USE_CASES

register = template.Library()


@register.filter
def way_out(alert: Alert) -> tuple[str, str] | None:
    """Give address and words of the page where what an alert calls costly is ended; of other alerts there is none."""
    if not alert.key.startswith(board.COSTS) or alert.use_case not in USE_CASES:
        return None
    ends = brought_by(alert.use_case).ends
    return (reverse(ends[0]), ends[1]) if ends else None
