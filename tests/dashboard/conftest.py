"""A shop to look at, and people who look at it. Rows are imported late: this file is read before Django is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.identities import OTHER_SHOP, OWNER, SHOP, bearer

if TYPE_CHECKING:
    from pipelines.models import Shop
    from tests.images import Image

Ask = Callable[..., HttpResponse]


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """Name static files as they lie in the source: nothing was collected."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def toy() -> Iterator[str]:
    """Let there be a second use case, which brings no page of its own; return its slug."""
    from dashboard.templatetags.once import once
    from pipelines.usecases import USE_CASES
    from tests import toy_use_case

    with USE_CASES.also(toy_use_case.TOY):
        once.cache_clear()
        yield toy_use_case.SLUG
    once.cache_clear()


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """Note what is put on the queue, instead of doing it."""
    from pipelines.jobs.queue import Job

    seen: list[tuple[str, tuple[Any, ...]]] = []
    monkeypatch.setattr(Job, "enqueue", lambda self, *args: seen.append((self.path.rpartition(".")[2], args)))
    return seen


@pytest.fixture(scope="module")
def image() -> Image:
    """Tell the story once for all tests of a file."""
    from tests.images import Image

    return Image()


@pytest.fixture
def shop(db: None, queued: list[Any], image: Image) -> Shop:
    """Return a shop with a live version and a decision that waits."""
    from tests.dashboard import story

    return image.row(story.a_live_shop)


@pytest.fixture
def listed(shop: Shop) -> Shop:
    """Return the shop when shoppers are shown the lists of a version, too."""
    from tests.dashboard import picking

    picking.live(shop)
    return shop


@pytest.fixture
def see(client: Client) -> Ask:
    """Open a page as somebody of a shop."""

    def ask(path: str, *, sub: str = OWNER, domain: str = SHOP, **query: object) -> HttpResponse:
        return as_read(client.get(path, query, headers=bearer(domain, sub)))

    return ask


@pytest.fixture
def send(client: Client) -> Ask:
    """Send a form as somebody of a shop, with the settings' revision as shown, and come to the page it leads to."""

    def ask(
        path: str, fields: dict[str, object] | None = None, *, sub: str = OWNER, domain: str = SHOP
    ) -> HttpResponse:
        from pipelines.models import ShopSettings

        shown = {"revision": ShopSettings.objects.get(shop__domain=domain).revision}
        return as_read(client.post(path, shown | (fields or {}), headers=bearer(domain, sub), follow=True))

    return ask


def as_read(answer: HttpResponse) -> HttpResponse:
    """Take the line breaks of a template out of a page: a test reads sentences, however they are wrapped."""
    if not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html"):
        answer.content = b" ".join(answer.content.split()).replace(b"> <", b"><").replace(b" >", b">")
    return answer


@pytest.fixture
def another_shop(shop: Shop) -> Shop:
    """Return a second shop, whose people must see nothing of the first."""
    from tests.dashboard import story

    other = story.a_shop(domain=OTHER_SHOP, name="Harbour Lane")
    story.know(other)
    return other
