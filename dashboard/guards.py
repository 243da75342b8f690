"""Who may do what: one guard per concern, each a decorator below `@merchant_required`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse

from dashboard.asking import MerchantRequest
from dashboard.pages import go
from pipelines.lifecycle import approvers
from pipelines.lifecycle.errors import Refused

View = Callable[..., HttpResponseBase]


def decider_required(page: str, *shown_by: str) -> Callable[[View], View]:
    """Let people through who may decide on versions; tell the others why not, on the page of that name."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: MerchantRequest, **kwargs: Any) -> HttpResponseBase:
            try:
                refuse_unless_decider(request)
            except Refused as refusal:
                here = reverse(page, kwargs={name: kwargs[name] for name in shown_by})
                return go(here, refusal.sentence, refused=True)
            return view(request, **kwargs)

        return guarded

    return guard


def refuse_unless_decider(request: MerchantRequest) -> None:
    """Refuse people who may not decide on versions, where only a part of what is asked takes a decision."""
    reason = approvers.why_not_allowed(request.shop, request.staff.sub)
    if reason:
        raise Refused(reason)
