"""Bulk operations: start them, watch them, give out their files."""

import threading
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Row

from graphql import DocumentNode, GraphQLSchema

from devstore.bulk_export import Exporter
from devstore.bulk_files import path_of
from devstore.bulk_rules import check
from devstore.clock import now
from devstore.faults import BAD_LINE, HALF_BULK, Faults
from devstore.fields import Context, gid
from devstore.store import Store

MAX_RUNNING = 5


class BrokeOff(Exception):
    """The platform fails in the middle of an operation, as a lever asked."""


class Operations:
    """Start, watch and end the bulk operations of all shops."""

    def __init__(
        self, store: Store, schema: GraphQLSchema, finished: Callable[[Row], None], faults: Faults | None = None
    ) -> None:
        self.store, self.schema, self.finished, self.faults = store, schema, finished, faults or Faults()
        self.store.db.execute(
            "UPDATE bulk_operations SET status = 'FAILED', error_code = 'INTERNAL_SERVER_ERROR', completed_at = ? "
            "WHERE status IN ('CREATED', 'RUNNING', 'CANCELING')",
            (now(),),
        )

    def row(self, number: int) -> Row | None:
        """Return an operation as it stands."""
        return self.store.one("SELECT * FROM bulk_operations WHERE id = ?", number)

    def running(self, shop: str, kind: str) -> list[Row]:
        """Return the shop's unfinished operations of a kind."""
        sql = (
            "SELECT * FROM bulk_operations WHERE shop = ? AND type = ? AND status IN ('CREATED','RUNNING','CANCELING')"
        )
        return self.store.all(sql, shop, kind)

    def in_progress(self, shop: str, kind: str) -> str | None:
        """Return the platform's refusal when five operations are under way."""
        running = self.running(shop, kind)
        if len(running) < MAX_RUNNING:
            return None
        ids = ", ".join(gid("BulkOperation", row["id"]) for row in running)
        return f"A bulk {kind.lower()} operation for this app and shop is already in progress: {ids}."

    def start(self, shop: str, kind: str, query: str, work: Callable[["Run"], None]) -> Row:
        """Record an operation and do its work in a thread of its own."""
        number = self.store.next_ids("bulk")
        self.store.insert(
            "bulk_operations", id=number, shop=shop, type=kind, status="CREATED", query=query, created_at=now()
        )
        row = self.row(number)
        threading.Thread(target=self._work, args=(number, work), daemon=True).start()
        return row

    def query(self, context: Context, text: str, group: bool) -> Row:
        """Start an export."""
        document = check(self.schema, text)
        return self.start(context.domain, "QUERY", text, lambda run: run.export(context, self.schema, document, group))

    def cancel(self, number: int) -> None:
        """Ask an operation to stop."""
        with self.store.writing() as db:
            db.execute(
                "UPDATE bulk_operations SET status = 'CANCELING' WHERE id = ? AND status IN ('CREATED', 'RUNNING')",
                (number,),
            )

    def _work(self, number: int, work: Callable[["Run"], None]) -> None:
        run = Run(self, number)
        with self.store.writing() as db:
            db.execute("UPDATE bulk_operations SET status = 'RUNNING' WHERE id = ? AND status = 'CREATED'", (number,))
        try:
            work(run)
        except PermissionError:
            run.end("FAILED", "ACCESS_DENIED")
        except BrokeOff:
            run.end("FAILED", "INTERNAL_SERVER_ERROR")
        except Exception:
            run.end("FAILED", "INTERNAL_SERVER_ERROR")
            raise
        else:
            run.end("CANCELED" if run.canceled() else "COMPLETED", None)


class Run:
    """One operation at work."""

    def __init__(self, operations: Operations, number: int) -> None:
        self.operations, self.number = operations, number
        self.objects = self.roots = 0
        self.breaks_off = operations.faults.next(HALF_BULK) is not None

    def spoils_a_line(self) -> bool:
        """Say whether one line of this mutation is to be refused."""
        return self.operations.faults.next(BAD_LINE) is not None

    @property
    def path(self) -> Path:
        """Return where the result is written."""
        return path_of(self.operations.store, self.number)

    def canceled(self) -> bool:
        """Say whether the operation was asked to stop."""
        row = self.operations.row(self.number)
        return row is None or row["status"] == "CANCELING"

    def export(self, context: Context, schema: GraphQLSchema, document: DocumentNode, group: bool) -> None:
        """Write the result of a query."""
        with self.path.open("wb") as out:
            exporter = Exporter(context, out, self._tick, group)
            self._exporter = exporter
            exporter.run(schema, document)
        self.objects, self.roots = exporter.objects, exporter.roots

    def _tick(self) -> bool:
        """Show progress, and say whether to stop."""
        self.progress(self._exporter.objects, self._exporter.roots)
        return self.canceled()

    def progress(self, objects: int, roots: int) -> None:
        """Store how far the operation has come."""
        with self.operations.store.writing() as db:
            db.execute("UPDATE bulk_operations SET objects = ?, roots = ? WHERE id = ?", (objects, roots, self.number))

    def end(self, status: str, error: str | None) -> None:
        """Store the outcome and tell the app."""
        size = self.path.stat().st_size if self.path.exists() else None
        with self.operations.store.writing() as db:
            db.execute(
                "UPDATE bulk_operations SET status = ?, error_code = ?, completed_at = ?, objects = ?, roots = ?, "
                "file_size = ? WHERE id = ?",
                (status, error, now(), self.objects, self.roots, size, self.number),
            )
        self.operations.finished(self.operations.row(self.number))
