"""Which drift asks for a training: that of a feature, where it begins to last. Loaded by the web process: no frames."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from pipelines.models import Measurement

BEGAN = "drift_began"
PREDICTION = "prediction"
COUNTS_FOR = timedelta(days=14)  # since its window began
CAUSE = "drift of "  # and the feature


def began(now: datetime) -> QuerySet[Measurement]:
    """Keep the features that began to drift lately; what a version says of them is no cause to learn again."""
    rows = Measurement.objects.filter(metric=BEGAN, version=None, release=None)
    lately = rows.filter(starts_at__gte=now - COUNTS_FOR).exclude(segment=PREDICTION)
    return lately.order_by("-made_at", "segment")
