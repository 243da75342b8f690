"""Everything that is stored of the shop, for its own merchant."""

from django.http import StreamingHttpResponse
from django.views.decorators.http import require_GET

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.guards import decider_required
from pipelines.lifecycle.ingest import takeaway


@merchant_required
@require_GET
@decider_required("settings")
def everything(request: MerchantRequest) -> StreamingHttpResponse:
    """Hand out every row of the shop as a file; the ledger says to whom."""
    lines = takeaway.lines(request.shop, by=request.staff.sub)
    answer = StreamingHttpResponse(lines, content_type="application/jsonlines")
    answer["Content-Disposition"] = f'attachment; filename="{request.shop.domain}.jsonl"'
    return answer
