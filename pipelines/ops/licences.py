"""Whose work ships with ours, under which licence, and in what words: read from what is installed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

WORDS = re.compile(r"(LICEN[CS]E|COPYING|NOTICE)[^/]*(\.(txt|md|rst))?", re.IGNORECASE)
STRONG_COPYLEFT = re.compile(r"(?<!L)A?GPL|(?<!Lesser )(?<!Library or )General Public License|Affero", re.IGNORECASE)
LONGEST_NAME = 80  # of a licence; some packages put its whole text there


@dataclass(frozen=True)
class Part:
    """One package that ships."""

    name: str
    version: str
    licence: str
    words: str  # as it came with the package

    @property
    def is_strong_copyleft(self) -> bool:
        """Tell whether what ships with it would have to be under its licence, too."""
        choices = re.split(r"\s+OR\s+", self.licence)
        return all(STRONG_COPYLEFT.search(each) for each in choices)


def shipped(requirements: Path) -> list[Part]:
    """List what a file of requirements installs, with all that it brings along, by name."""
    lines = (line.partition("#")[0].strip() for line in requirements.read_text().splitlines())
    found = closure(Requirement(line) for line in lines if line)
    return [part_of(found[name]) for name in sorted(found)]


def closure(wanted: Iterable[Requirement]) -> dict[str, Distribution]:
    """Follow what packages ask for, where it is asked for on this machine."""
    waiting, seen, found = list(wanted), set(), {}
    while waiting:
        requirement = waiting.pop()
        name, extras = plain(requirement.name), tuple(sorted(requirement.extras))
        if (name, extras) not in seen:
            seen.add((name, extras))
            found[name] = distribution(name)
            waiting += asked_by(found[name], extras)
    return found


def asked_by(package: Distribution, extras: tuple[str, ...]) -> Iterator[Requirement]:
    """Yield what a package needs here, with those of its extras."""
    for line in package.requires or []:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or ("",)):
            yield requirement


def plain(name: str) -> str:
    """Return a package's name as indexes write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def part_of(package: Distribution) -> Part:
    """Return what a package says of itself."""
    told = package.metadata
    classified = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if line.startswith("License")]
    named = [*(told.get_all("License-Expression") or []), *(told.get_all("License") or [])]
    short = [name for name in named if name and len(name) <= LONGEST_NAME and "\n" not in name]
    licence = (short or [" AND ".join(classified)])[0]
    texts = [file.read_text() for file in package.files or [] if WORDS.fullmatch(file.name)]
    return Part(plain(told["Name"]), package.version, licence, "\n\n".join(dict.fromkeys(texts)).strip())


def notices(parts: Iterable[Part]) -> str:
    """Write what a distribution of ours has to bring along."""
    head = "# Third-party notices\n\nMade by `manage.py notices` from what is installed.\n"
    return "\n".join([head, *(f"## {part.name} {part.version}\n\n{part.licence}\n\n{part.words}\n" for part in parts)])
