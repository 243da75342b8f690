"""A use case is known by its contract alone: outside its own places nothing names it, its tables or its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.models import own
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase

ROOT = Path(__file__).resolve().parent.parent.parent
LOOKED_AT = ("pipelines", "shopmlops", "benchmarks", "dashboard", "templates")
KINDS = {".py", ".html", ".js", ".css", ".sql", ".graphql"}
REGISTER = "pipelines/usecases/__init__.py"  # the one line
STORY = "pipelines/migrations/"  # what was is never rewritten


def own_places(slug: str) -> tuple[str, ...]:
    """List where a use case is at home, each found by its slug."""
    rooms = ("pipelines/usecases", "benchmarks/usecases", "dashboard/usecases", "templates/usecases")
    return (
        *(f"{room}/{slug}/" for room in rooms),
        f"pipelines/models/usecases/{slug}.py",
        f"pipelines/models/usecases/{slug}/",
        f"templates/usecases/{slug}.html",
    )


def words_of(use_case: UseCase) -> re.Pattern[str]:
    """Match what only one use case says: its slug, its tables, and the words that it calls its own."""
    tables = [table.__name__ for table in own.tables_of(use_case.slug)]
    spoken = [use_case.slug, *use_case.own_words]
    parts = [re.escape(word).replace(r"\ ", r"[\s_-]?") for word in [*tables, *spoken]]
    return re.compile("|".join(parts), re.IGNORECASE)


def files(places: tuple[str, ...]) -> Iterator[str]:
    """Yield the files that may not name a use case with these places."""
    for folder in LOOKED_AT:
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in KINDS and name != REGISTER and not name.startswith((STORY, *places)):
                yield name


def naming(use_case: UseCase) -> dict[str, list[str]]:
    """Give the files that name a use case, with what they say."""
    words, found = words_of(use_case), {}
    for name in files(own_places(use_case.slug)):
        if said := words.findall(name + "\n" + (ROOT / name).read_text()):
            found[name] = sorted(set(said))
    return found


@pytest.mark.parametrize("slug", sorted(USE_CASES))
def test_nothing_outside_its_own_places_names_a_use_case(slug: str) -> None:
    assert naming(USE_CASES[slug]) == {}


@pytest.mark.parametrize("slug", sorted(USE_CASES))
def test_it_finds_slug_tables_and_words_however_they_are_written(slug: str) -> None:
    use_case = USE_CASES[slug]
    words = words_of(use_case)
    said = [slug, *(table.__name__ for table in own.tables_of(slug)), *use_case.own_words]
    assert use_case.own_words and all(words.search(f"an {word.upper()}s") for word in said)
    assert all(words.search(word.replace(" ", between)) for word in said for between in "_- ")
    assert not words.search("A version of a use case answers, and its answer is judged.")
