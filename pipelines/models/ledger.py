"""The ledger: who moved what, and why; append-only, one digest chain per shop."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone

from pipelines.models.base import ShopTable

if TYPE_CHECKING:
    from pipelines.models.shops import Shop

GENESIS = "0" * 64
REFUSALS = (".refused", "approval.superseded", "approval.blocked")
MOST_REFUSALS = 20  # of one person, one after the other, in an hour; what is refused beyond that is only logged


@dataclass(frozen=True)
class Noted:
    """What the ledger is to note: the kind of event, why, and its facts."""

    kind: str
    because: str
    facts: dict[str, Any] = field(default_factory=dict)


class LedgerNote(ShopTable):
    """Free text that people typed; erasable, so the chain holds only its digest."""

    LONGEST = 500
    text = models.CharField(max_length=LONGEST)


class LifecycleEvent(ShopTable):
    """One change of state."""

    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)  # version.validated, release.live, approval.given, settings.changed …
    use_case = models.CharField(max_length=40, blank=True)
    version_number = models.PositiveIntegerField(null=True)
    release_id_seen = models.BigIntegerField(null=True)
    by = models.CharField(max_length=60)  # Shopify's user id, "system", or "operator:<name>"
    because = models.CharField(max_length=200)
    details = models.JSONField(default=dict)
    note = models.ForeignKey(LedgerNote, null=True, on_delete=models.SET_NULL, related_name="+")
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "seq"], name="event_once")]

    @classmethod
    def broken_at(cls, shop: Shop, since: LedgerHead | None = None) -> int | None:
        """Return the first sequence number at which the shop's chain does not hold, or nothing.

        With a signed head that is known to hold, only what came after it is read.
        """
        previous, expected = (since.digest, since.seq + 1) if since else (GENESIS, 1)
        chain = cls.objects.filter(shop=shop, seq__gte=expected).order_by("seq").select_related("note")
        for event in chain.in_pieces():
            if event.seq != expected or event.previous != previous or not event.holds():
                return expected
            previous, expected = event.digest, expected + 1
        return None

    def holds(self) -> bool:
        """Say whether the row is what was recorded; a note that was erased is no breach, a changed one is."""
        told = self.details.get("note_digest")
        note_holds = self.note is None or hashlib.sha256(self.note.text.encode()).hexdigest() == told
        return note_holds and self.digest == self.compute_digest()

    @classmethod
    def record(cls, shop: Shop, kind: str, *, by: str, because: str, note: str = "", **facts: Any) -> LifecycleEvent:
        """Append an event to the shop's chain; call it last inside the transaction that made the change.

        That one locks its shop before any of its rows: so of two such transactions neither waits for the other.
        """
        from pipelines.models.shops import Shop as Shops

        columns = {name: facts.pop(name) for name in ("use_case", "version_number", "release_id_seen") if name in facts}
        with transaction.atomic():
            Shops.objects.lock(shop)  # one writer per chain
            head = cls.objects.filter(shop=shop).order_by("-seq").first()
            event = cls(
                shop=shop,
                seq=head.seq + 1 if head else 1,
                at=timezone.now(),
                kind=kind,
                by=by,
                because=because,
                details=facts,
                previous=head.digest if head else GENESIS,
                **columns,
            )
            if note:
                note = note[: LedgerNote.LONGEST]
                event.note = LedgerNote.objects.create(shop=shop, text=note)
                event.details["note_digest"] = hashlib.sha256(note.encode()).hexdigest()
            event.digest = event.compute_digest()
            event.save(force_insert=True)
        return event

    @classmethod
    def has_enough(cls, shop: Shop | int, by: str) -> bool:
        """Say whether the newest rows of the last hour are refusals of one person: more of them would tell nothing."""
        newest = cls.objects.filter(shop=shop).order_by("-seq").values_list("by", "kind", "at")[:MOST_REFUSALS]
        since = timezone.now() - timedelta(hours=1)
        alike = [who == by and kind.endswith(REFUSALS) and at > since for who, kind, at in newest]
        return len(alike) == MOST_REFUSALS and all(alike)

    def compute_digest(self) -> str:
        """Return the digest that binds this event to the one before it."""
        body = [
            self.previous,
            self.shop_id,
            self.seq,
            self.at.isoformat(),
            self.kind,
            self.use_case,
            self.version_number,
            self.release_id_seen,
            self.by,
            self.because,
            self.details,
        ]
        return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class LedgerHead(ShopTable):
    """The newest digest of a shop's chain at the end of a day, signed: a chain cut short or rewritten shows."""

    day = models.DateField()
    seq = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "day"], name="ledger_head_once")]


class Annotation(ShopTable):
    """One entry of the ledger as a mark: it is sent until Shopify has it, or refuses it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        WRITTEN = "written"
        REFUSED = "refused"  # by Shopify, or tried often enough

    seq = models.PositiveBigIntegerField()  # in its shop's ledger
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)  # when it may be tried; whoever tries moves it on first
    made_at = models.DateTimeField(default=timezone.now)
    gid = models.CharField(max_length=80, blank=True)  # Shopify's id of the mark
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "seq"], name="annotation_once")]
        indexes = [models.Index(fields=["next_at"], condition=models.Q(state="waiting"), name="annotation_due")]
