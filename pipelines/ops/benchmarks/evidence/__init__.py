"""Whether evidence that merchants are asked to trust keeps its promises: simulated rates beside what was promised."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One simulated rate beside its promise; `holds` is None where it is only told, or could not be measured."""

    subject: str
    case: str
    measured: float | None
    promise: str
    holds: bool | None
