"""After a restore: put back the files, set aside what came later, read again what was missed, replay what was parked.

Everything here may be done twice. Pulling is only asked for: workers find it in the database, as they find all work.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction

from pipelines.lifecycle import artifact_storage
from pipelines.lifecycle.alerts import heads
from pipelines.lifecycle.ingest import backfill, drain
from pipelines.lifecycle.serving import sent
from pipelines.lifecycle.versions import place
from pipelines.models import LifecycleEvent, NextTry, Publication, PublishedFields, Shop, SyncRun
from pipelines.ops.recovery import holds
from pipelines.ops.recovery.backup import Copy, walk

ASIDE = "set-aside"


@dataclass
class Caught:
    """What was done, counted, and what does not hold."""

    files: int = 0
    aside: int = 0
    pulls: int = 0
    replayed: int = 0
    unreachable: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)


def catch_up(copies: Sequence[Copy], *, by: str, because: str, now: datetime) -> Caught:
    """Bring a restored database and its artifacts together, and ask for what they lack."""
    shops = list(Shop.objects.filter(redacted_at=None).order_by("pk"))
    done = Caught(files=sum(put_back(copy, {str(shop.pk) for shop in shops}) for copy in copies))
    place.adopt()
    known = {str(pk) for pk in Shop.objects.values_list("pk", flat=True)}
    strange = [name for name in artifact_storage.storage().listdir("")[0] if name not in known | {ASIDE}]
    done.aside = sum(set_aside(path, now) for name in strange for path in walk(storages["artifacts"], f"{name}/"))
    for shop in shops:
        cut = later_heads(shop)
        done.aside += sum(set_aside(path, now) for path in cut)
        done.breaches += holds.breaches_of(shop)
        LifecycleEvent.record(shop, "ledger.restored", by=by, because=because, heads_set_aside=cut)
        done.pulls += ask_again(shop)
        done.replayed += drain.replay_failed(shop)
        if shop.is_installed and not shop.is_reachable:
            done.unreachable.append(shop.domain)
    NextTry.objects.all().delete()  # whose turn it is says a clock that stood still
    return done


def put_back(copy: Copy, folders: Set[str]) -> int:
    """Write the files of a copy that are missing in the folders of shops that are not erased; return how many."""
    found = [path for path in copy.artifacts.rglob("*") if path.is_file()]
    named = {path.relative_to(copy.artifacts).as_posix(): path for path in found}
    missing = [name for name in named if name.split("/")[0] in folders and not artifact_storage.storage().exists(name)]
    for name in missing:
        artifact_storage.write(name, named[name].read_bytes())
    return len(missing)


def later_heads(shop: Shop) -> list[str]:
    """Name the files of a shop's signed heads that were signed after the moment to which its rows went back."""
    newest = heads.last_head(shop)
    later = [head.day for head in heads.files(shop) if newest is None or head.day > newest.day]
    return [f"{heads.folder(shop)}/{day.isoformat()}.json" for day in later]


def set_aside(path: str, now: datetime) -> int:
    """Move a file to where nothing reads it; nobody deletes what vouched for entries that are gone."""
    content = artifact_storage.read(path)
    artifact_storage.storage().save(f"{ASIDE}/{now:%Y%m%dT%H%M%S}/{path}", ContentFile(content))
    artifact_storage.storage().delete(path)
    return 1


def ask_again(shop: Shop) -> int:
    """Ask for everything that changed since the last good import, for what is gone, and let all be published anew."""
    if not shop.is_reachable:
        return 0
    with transaction.atomic():  # the store holds what was published later
        sent.doubt(PublishedFields.objects.for_shop(shop))
        Publication.objects.for_shop(shop).update(is_whole=False, slots={}, pointer={}, leased_until=None)
    backfill.import_everything(shop, "restored")
    backfill.request_pull(shop, SyncRun.Kind.ORDER_IDS, "restored")
    return len(backfill.PULLED) + 1
