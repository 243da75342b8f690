"""Static files packed for browsers once: a name that holds its content's digest always means the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class PackedOnce(CompressedManifestStaticFilesStorage):
    """Whitenoise's storage, without packing again what an earlier `collectstatic` has packed."""

    keep_only_hashed_files = True  # pages ask for no others

    def create_compressor(self, **options: Any) -> Compressor:
        return Packer(**options)


class Packer(Compressor):
    """Brotli and gzip beside each file, which takes plotly's bundle a dozen seconds."""

    def compress(self, path: str) -> list[str]:
        packed = [f"{path}{suffix}" for suffix in (".br", ".gz")]
        return packed if all(Path(name).exists() for name in packed) else super().compress(path)

    def write_data(self, path: str, data: bytes, suffix: str, stat_result: Any) -> str:
        """Write a packed file whole or not at all: it is believed from now on."""
        fresh = Path(super().write_data(path, data, f"{suffix}.new", stat_result))
        return str(fresh.replace(fresh.with_suffix("")))
