"""The model card of a version, as Markdown: what it is and learned from, how good it was, what became of it."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from pipelines import words
from pipelines.lifecycle.versions.lineage import lineage_of
from pipelines.models import DatasetSnapshot, ModelVersion
from pipelines.usecases import USE_CASES
from pipelines.usecases.wording import CardWords

RIVALS = {"candidate": "This version", "champion": "Live version"}


def words_of(version: ModelVersion) -> CardWords:
    """Give what only the use case can say on its card."""
    return USE_CASES[version.use_case].words.card


def model_card(version: ModelVersion) -> str:
    """Render a version from its row alone."""
    sections = [heading(version), data(version), figures(version), money(version), checks(version), limits(version)]
    return "\n\n".join([*sections, serving(version), history(version), lineage(version)]) + "\n"


def heading(version: ModelVersion) -> str:
    """Say what this is and whether it may run."""
    title = USE_CASES[version.use_case].title
    made = f"Trained {version.created_at:%Y-%m-%d %H:%M} UTC for {version.shop}. State: {version.state}."
    tags = f"\n\nTags: {', '.join(version.tags)}" if version.tags else ""
    return f"# {title}, version {version.number}\n\n{made}{tags}"


def data(version: ModelVersion) -> str:
    """Say what it learned from and what was left out."""
    seen = version.dataset
    told = [f"- Days: {seen.first_day} to {seen.last_day}, in the shop's own zone"]
    if rows := seen.shares.get("rows"):
        told.append(f"- Rows read: {', '.join(f'{count} ({name})' for name, count in rows.items())}")
    if "stock_known" in seen.shares:
        told += of_sales(seen)
    return "## Data\n\n" + "\n".join(told)


def of_sales(seen: DatasetSnapshot) -> list[str]:
    """Say what was known of sales, which not everything learns from."""
    lines = seen.shares.get("lines", {})
    left_out = {name.replace("_", " "): n for name, n in lines.items() if n and name not in ("lines", "orders")}
    return [
        f"- Series: {seen.series}, days with sales: {seen.rows}, units: {seen.units}",
        f"- Order lines left out: {', '.join(f'{count} ({why})' for why, count in left_out.items()) or 'none'}",
        f"- Days with known stock: {share(seen.shares.get('stock_known'))}, out of stock: "
        f"{share(seen.shares.get('out_of_stock_known'))} known, "
        f"{share(seen.shares.get('out_of_stock_suspected'))} suspected",
    ]


def figures(version: ModelVersion) -> str:
    """Set the version beside the plain rules."""
    card = words_of(version)
    shown = {key: told for key, told in (RIVALS | {**card.rivals}).items() if version.metrics.get(key)}
    if not shown:
        return "## How far off it was\n\nNot measured: too little history."
    head = f"| | {' | '.join(shown.values())} |\n|---|{'---|' * len(shown)}"
    rows = [
        f"| {name} | {' | '.join(figure(version.metrics[rule].get(key)) for rule in shown)} |"
        for key, name in card.figures.items()
    ]
    origins = ", ".join(version.metrics.get("origins", []))
    words = version.metrics.get("simple_rule_words")
    strongest = f" The best simple rule on these days, which it has to beat: {words}." if words else ""
    return "\n".join([f"## How far off it was\n\n{card.origins} {origins}.{strongest}\n", head, *rows])


def money(version: ModelVersion) -> str:
    """Say what it would have been worth."""
    replay = version.replay
    against = (replay.get("versus", {}).get("naive") or [None])[0]
    if not against:
        return f"## In money\n\nNot measured: {replay.get('reason') or 'too little history.'}"
    currency, interval = version.shop.currency, against["interval"]
    between = f", very likely {words.less_between(interval[0], interval[1], currency)}" if interval else ""
    said = words.less(against["profit"], currency)
    thin = f" Not proven: {replay['thin_because']}." if replay.get("thin_because") else ""
    return f"## In money\n\nOn the last {replay['weeks']} weeks: {said} than by the best simple rule{between}.{thin}"


def checks(version: ModelVersion) -> str:
    """List the gates, each with its figure and its threshold."""
    if not version.gates:
        return "## Checks\n\nNot judged yet."
    rows = [
        [gate["name"], gate["verdict"], plain(gate.get("value")), plain(gate.get("threshold")), gate["text"]]
        for gate in version.gates
    ]
    return "## Checks\n\n" + table(["Check", "Verdict", "Figure", "Threshold", "In words"], rows)


def table(head: list[str], rows: list[list[str]]) -> str:
    """Write a table; nothing that somebody typed ends a cell."""
    told = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *told])


def plain(value: Any) -> str:
    """Write a figure, a range or several figures into one cell."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(part)}" for name, part in value.items())
    if isinstance(value, list):
        return " to ".join(plain(part) for part in value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return words.UNKNOWN if value is None else str(value)


def serving(version: ModelVersion) -> str:
    """Say what running and training it costs."""
    measured, run = version.metrics.get("serving") or {}, version.runs.order_by("-pk").first()
    told = []
    if measured:
        told.append(f"- Loading and one answer for {measured['units']} units: {measured['seconds']} s")
        told.append(f"- Files: {measured['bytes']} bytes")
    if run:
        told.append(f"- Training: {run.cpu_seconds} s of one processor, {run.memory_mb} MB of memory")
    return "## Cost\n\n" + ("\n".join(told) or "Not measured.")


def history(version: ModelVersion) -> str:
    """Follow it from the data to the decisions."""
    known = lineage_of(version)
    times = [f"{origin.at.astimezone(UTC):%Y-%m-%d %H:%M}" if origin.at else words.UNKNOWN for origin in known]
    rows = [[at, origin.what, origin.text, origin.digest[:8]] for at, origin in zip(times, known, strict=True)]
    return "## From the data to the decision\n\n" + table(["UTC", "What", "Detail", "Digest"], rows)


def limits(version: ModelVersion) -> str:
    """Say what it cannot know."""
    history, card = version.metrics.get("history_days", 0), words_of(version)
    told = [f"- {card.knows}"]
    if history < card.season_days:
        told.append(f"- {history} days of history: no season is known before {card.season_days}.")
    if version.metrics.get("evidence") == "thin":
        few = f"Fewer than {card.proof_days} days of history" if card.proof_days else "Too little history"
        told.append(f"- {few}: the evidence is thin and cannot prove anything.")
    return "## Limits\n\n" + "\n".join(told)


def lineage(version: ModelVersion) -> str:
    """Say what it takes to make it again."""
    facts: dict[str, Any] = {
        "recipe": version.recipe,
        "members": version.metrics.get("members", {}),
        "dataset": version.dataset.digest,
        "artifact": version.artifact_digest,
        **version.lineage,
    }
    return "## Lineage\n\n```json\n" + json.dumps(facts, indent=1, sort_keys=True) + "\n```"


def share(value: float | None) -> str:
    """Write a share, or a dash where it is not known."""
    return "—" if value is None else f"{100 * value:.1f} %"


def figure(value: float | None) -> str:
    """Write a figure, or a dash where nothing was measured."""
    return "—" if value is None else f"{value:.3f}"
