"""What a merchant changes is advised upon anew."""

from pipelines.jobs import releases
from pipelines.models import Deployment, Shop


def advise_again(shop: Shop) -> None:
    """Have the advice worked out anew with what the merchant changed."""
    for use_case in Deployment.objects.for_shop(shop).values_list("use_case", flat=True):
        releases.refresh.enqueue(shop.pk, use_case)
