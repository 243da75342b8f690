"""A use case without a page of its own: what it says, drawn from what was stored with its version."""

from django.http import Http404, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.pages import show
from dashboard.queries.use_cases import use_case_page
from pipelines.usecases import USE_CASES


@merchant_required
@require_GET
def use_case(request: MerchantRequest, use_case: str) -> HttpResponse:
    """Show how a use case does."""
    page = use_case_page(request.shop, known(use_case), timezone.now())
    return show(request, [f"usecases/{use_case}/page.html", "dashboard/use_case.html"], {"page": page})


@merchant_required
@require_GET
def figure(request: MerchantRequest, use_case: str) -> JsonResponse:
    """Give what plotly draws of a use case, when it is asked for."""
    drawn = use_case_page(request.shop, known(use_case), timezone.now()).figure
    if not drawn:
        raise Http404("no figure")
    return JsonResponse(drawn["plotly"])


def known(use_case: str) -> str:
    """Return the slug of a use case that there is, or 404."""
    if use_case not in USE_CASES:
        raise Http404(use_case)
    return use_case
