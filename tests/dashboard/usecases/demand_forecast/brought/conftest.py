"""A shop of two known SKUs, and a file for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

if TYPE_CHECKING:
    from pipelines.models import Variant


@pytest.fixture(autouse=True)
def a_day_that_does_not_end(time_machine):
    """Let no midnight pass between what a test says and what a page knows."""
    time_machine.move_to(timezone.now(), tick=False)


@pytest.fixture
def bring(bring_bytes):
    def upload(*lines: str, encoding: str = "utf-8") -> Any:
        return bring_bytes("\r\n".join([*lines, ""]).encode(encoding))

    return upload


@pytest.fixture
def bring_bytes(send):
    def upload(content: bytes) -> Any:
        return send("/orders/bring", {"file": SimpleUploadedFile("stocky.csv", content, "text/csv")})

    return upload


@pytest.fixture
def two(shop) -> list[Variant]:
    """Return two variants with a SKU of their own."""
    from pipelines.models import Variant

    found = list(Variant.objects.for_shop(shop).exclude(sku="").order_by("pk")[:2])
    for number, variant in enumerate(found, 1):
        Variant.objects.filter(pk=variant.pk).update(sku=f"ST-{number}")
    return found
