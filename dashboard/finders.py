"""Where static files come from besides our own folders."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

NAME = "plotly/plotly.min.js"


class Wheel(FileSystemStorage):
    """A package's own files, under the name of its folder."""

    prefix = "plotly"


class PlotlyFinder(BaseFinder):
    """Serve plotly's own bundle out of its wheel; the package itself is never imported here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        spec = find_spec("plotly")
        assert spec and spec.origin, "plotly is not installed"
        self.storage = Wheel(location=Path(spec.origin).parent / "package_data")

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the bundle's place when it is asked for."""
        if path != NAME:
            return []
        found = self.storage.path("plotly.min.js")
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """List the one file."""
        yield "plotly.min.js", self.storage
