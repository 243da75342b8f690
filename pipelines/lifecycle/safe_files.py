"""Which files of a version may be read: data that cannot run code, known by its content and not by its name.

Standard library only, since the web process checks files too. Nothing here unpickles or unpacks: a pickle's opcodes are
listed, and of an archive only names and headers are read.
"""

from __future__ import annotations

import ast
import io
import json
import pickletools
import zipfile
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from pipelines.lifecycle.errors import ArtifactRefused

ARRAY_MAGIC = b"\x93NUMPY"
PARQUET_MAGIC = b"PAR1"
CALLS = {"GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "REDUCE", "NEWOBJ", "NEWOBJ_EX", "BUILD", "EXT1", "EXT2", "EXT4"}
PERSISTENT = {"PERSID", "BINPERSID"}
LONGEST_HEADER = 10_000  # of an array, as numpy itself allows
BROKEN = (OSError, ValueError, SyntaxError, RecursionError, zipfile.BadZipFile, NotImplementedError)  # in the bytes


def require_safe(name: str, content: bytes) -> None:
    """Refuse paths, kinds that we do not load, pickles under any name, and files that are not what they are called."""
    path = PurePosixPath(name)
    if path.name != name or path.suffix not in CHECKS:
        raise ArtifactRefused(f"The file {name} is not of a kind that we load.")
    if is_pickle(content):
        raise ArtifactRefused(f"The file {name} is a pickle, which we never load.")
    try:
        CHECKS[path.suffix](name, content)
    except BROKEN:
        raise ArtifactRefused(f"The file {name} is not a {path.suffix} file inside.") from None


def is_pickle(content: bytes) -> bool:
    """Say whether the bytes begin with a whole pickle that names or calls something; opcodes are read, never obeyed.

    >>> is_pickle(b"cos\\nsystem\\n(S'true'\\ntR."), is_pickle(b'{"a": 1}')
    (True, False)
    """
    if content.startswith(b"\x80"):
        return True
    try:
        return not (CALLS | PERSISTENT).isdisjoint([opcode.name for opcode, _, _ in pickletools.genops(content)])
    except Exception:  # whatever the bytes are, they are no pickle
        return False


def require_json(name: str, content: bytes) -> None:
    """Refuse what is not JSON."""
    json.loads(content)


def require_text(name: str, content: bytes) -> None:
    """Refuse what is not plain text."""
    if "\0" in content.decode():
        raise ValueError("plain text has no NUL")


def require_parquet(name: str, content: bytes) -> None:
    """Refuse what is not framed as Parquet."""
    if not (content.startswith(PARQUET_MAGIC) and content.endswith(PARQUET_MAGIC)):
        raise ValueError("no Parquet")


def require_arrays(name: str, content: bytes) -> None:
    """Refuse an archive that holds anything but arrays of plain numbers and texts."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            with archive.open(member) as file:
                if not member.endswith(".npy") or holds_objects(file):
                    raise ArtifactRefused(f"The file {name} holds a pickle ({member[:40]}), which we never load.")


def holds_objects(file: BinaryIO | Any) -> bool:
    """Read an array's header: objects would be stored as a pickle, and what has no header is no array."""
    magic = file.read(8)
    if magic[:6] != ARRAY_MAGIC:
        return True
    length = int.from_bytes(file.read(2 if magic[6] == 1 else 4), "little")
    if length > LONGEST_HEADER:
        return True
    return names_objects(ast.literal_eval(file.read(length).decode())["descr"])


def names_objects(kind: Any) -> bool:
    """Say whether numpy's description of a kind has objects in it, also inside of a record's fields."""
    if isinstance(kind, str):
        return "O" in kind
    return any(names_objects(field[1]) for field in kind) if isinstance(kind, list) else names_objects(kind[0])


CHECKS = {".json": require_json, ".txt": require_text, ".npz": require_arrays, ".parquet": require_parquet}
