"""A merchant takes everything out that is stored of the shop."""

from pipelines.models import LifecycleEvent
from tests.identities import COLLEAGUE, OWNER


def test_the_owner_downloads_every_row(shop, see):
    page = see("/settings").content.decode()
    assert 'href="/settings/everything.jsonl"' in page
    answer = see("/settings/everything.jsonl")
    text = b"".join(answer).decode()
    assert answer["Content-Disposition"] == f'attachment; filename="{shop.domain}.jsonl"'
    assert '"table": "order"' in text and '"table": "lifecycleevent"' in text
    assert LifecycleEvent.objects.for_shop(shop).latest("seq").by == OWNER


def test_a_colleague_is_told_whose_it_is(shop, see):
    assert see("/settings/everything.jsonl", sub=COLLEAGUE).status_code == 303
    assert not LifecycleEvent.objects.filter(kind="shop.exported").exists()
