"""A version outside of this app: MLflow loads this module from an exported folder, without Django or a database.

One row of the input asks one question: `asof` and `country` as text, and every frame that the use case needs as JSON
text with its kinds of column. The answer is what `predict` of the use case says, with the row's number in `request`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Event, Frames, UseCase

MANIFEST = "manifest.json"
DATE = "date"


@dataclass(frozen=True)
class Exported:
    """Answer as the version does, from frames that come as text."""

    use_case: UseCase
    fitted: Any

    def predict(self, model_input: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Answer every row of questions."""
        rows = model_input.to_dict("records")
        predict = self.use_case.resolve("predict")
        answers: list[pd.DataFrame] = [predict(self.fitted, frames_of(self.use_case, row)) for row in rows]
        told = [answer.assign(request=number) for number, answer in enumerate(answers)]
        return pd.concat([answer[["request", *answer.columns[:-1]]] for answer in told], ignore_index=True)


def _load_pyfunc(data_path: str) -> Exported:
    """Load a version from its folder of files: the entry point that MLflow calls."""
    folder = Path(data_path)
    manifest = json.loads((folder / MANIFEST).read_bytes())
    files = {name: checked(folder / name, digest) for name, digest in manifest["files"].items()}
    use_case = USE_CASES[manifest["use_case"]]
    return Exported(use_case, use_case.resolve("load")(files))


def checked(file: Path, digest: str) -> bytes:
    """Read a file that is as it was when the version was trained."""
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"{file.name} was changed after the version was trained")
    return content


def question(frames: Frames) -> dict[str, str]:
    """Write frames as one row of input."""
    tables = {name: as_text(table) for name, table in frames.tables.items()}
    events = json.dumps([[one.name, one.first_day.isoformat(), one.last_day.isoformat()] for one in frames.events])
    return {"asof": frames.asof.isoformat(), "country": frames.country, "events": events, **tables}


def frames_of(use_case: UseCase, row: Mapping[Any, Any]) -> Frames:
    """Read frames from one row of input."""
    tables = {name: from_text(row[name]) for name in use_case.needs}
    asof, events = date.fromisoformat(row["asof"]), json.loads(row.get("events") or "[]")
    own = tuple(Event(name, date.fromisoformat(first), date.fromisoformat(last)) for name, first, last in events)
    return Frames(tables=tables, asof=asof, country=row["country"], events=own)


def as_text(table: pd.DataFrame) -> str:
    """Write a frame so that reading it back gives the same values of the same kinds.

    >>> as_text(pd.DataFrame({"ds": pd.to_datetime(["2026-11-19"]).astype("datetime64[s]"), "y": [2]}))
    '{"kinds": {"ds": "datetime64[s]", "y": "int64"}, "columns": {"ds": ["2026-11-19 00:00:00"], "y": [2]}}'
    """
    kinds = {str(name): kind_of(table[name]) for name in table.columns}
    columns = {name: table[name].astype(object).where(table[name].notna(), None).tolist() for name in kinds}
    return json.dumps({"kinds": kinds, "columns": columns}, default=str)


def kind_of(column: pd.Series) -> str:
    """Name the kind of a column; days without a time are objects to pandas."""
    is_day = column.dtype == object and column.dropna().map(lambda value: type(value) is date).all()
    return DATE if is_day and column.notna().any() else str(column.dtype)


def from_text(text: str) -> pd.DataFrame:
    """Read a frame back."""
    told = json.loads(text)
    return pd.DataFrame({name: column_of(told["columns"][name], kind) for name, kind in told["kinds"].items()})


def column_of(values: list[Any], kind: Any) -> pd.Series:
    """Read a column of a kind."""
    if kind == DATE:
        return pd.Series([value and date.fromisoformat(value) for value in values], dtype=object)
    column: pd.Series = pd.Series(values, dtype=object)
    told: pd.Series = (pd.to_datetime(column) if kind.startswith("datetime64") else column).astype(kind)
    return told
