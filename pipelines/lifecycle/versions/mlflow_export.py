"""Write a version as an MLflow model: a folder that MLflow loads and predicts with, anywhere.

The format is MLflow's own (https://mlflow.org/docs/latest/ml/model/): an `MLmodel` file that names a loader module, the
data, a copy of the code it takes, and the environment. Its YAML files are written as JSON, which is YAML. Nothing in
the folder is a pickle.
"""

from __future__ import annotations

import ast
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import packages_distributions
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import pandas as pd
from django.conf import settings

from pipelines.lifecycle import artifact_storage
from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.versions import artifacts, registry
from pipelines.models import ModelVersion
from pipelines.usecases import USE_CASES, exported
from pipelines.usecases.contract import Frames, NotEnoughHistory, UseCase

LOADER = "pipelines.usecases.exported"
MLFLOW = "mlflow-skinny>=3,<4"  # the part of MLflow that loads and predicts; all of MLflow may be there as well
EXAMPLE_SERIES = 5
KINDS = {"int64": "long", "int32": "integer", "float64": "double", "float32": "float", "bool": "boolean"}


def export(version: ModelVersion, folder: Path, *, now: datetime) -> Path:
    """Write a checked version into a new folder; all of it or nothing."""
    if folder.exists():
        raise Refused(f"{folder} exists already. Name a folder that does not.")
    files = registry.load_files(version)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as unfinished:
        draft = Path(unfinished) / "model"
        write_data(draft / "data", version, files)
        modules, libraries = code_of(USE_CASES[version.use_case])
        copy_code(draft / "code", modules)
        write_environment(draft, python_of(version), requirements(version, libraries))
        described = description(version, now) | write_example(draft, version, now)
        write(draft / "MLmodel", described)
        draft.rename(folder)
    return folder


def description(version: ModelVersion, now: datetime) -> dict[str, Any]:
    """Say how MLflow loads the folder, and which version it is."""
    environment = {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
    return {
        "flavors": {
            "python_function": {
                "loader_module": LOADER,
                "data": "data",
                "code": "code",
                "env": environment,
                "python_version": python_of(version),
            }
        },
        "model_uuid": version.artifact_digest[:32],
        "utc_time_created": now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "signature": {"inputs": json.dumps(columns_in(USE_CASES[version.use_case])), "outputs": None, "params": None},
        "metadata": {
            "use_case": version.use_case,
            "version": version.number,
            "state": version.state,
            "artifact_sha256": version.artifact_digest,
            "dataset_sha256": version.dataset.digest,
        },
    }


def columns_in(use_case: UseCase) -> list[dict[str, Any]]:
    """Name the columns of a question."""
    return [
        {"type": "string", "name": name, "required": True} for name in ("asof", "country", "events", *use_case.needs)
    ]


def write_data(folder: Path, version: ModelVersion, files: dict[str, bytes]) -> None:
    """Write the files as they were signed, with their manifest."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / exported.MANIFEST).write_bytes(artifact_storage.read(f"{version.artifact_path}/{artifacts.MANIFEST}"))


# Code


def code_of(use_case: UseCase) -> tuple[set[str], set[str]]:
    """Return our modules that loading and predicting take, and the libraries that these import."""
    verbs = (getattr(use_case, verb).split(":")[0] for verb in ("load", "predict"))
    waiting = [LOADER, *(f"pipelines.usecases.{use_case.slug}.{module}" for module in verbs)]
    modules: set[str] = set()
    libraries: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module in modules or not source_of(module).exists():
            continue
        modules.add(module)
        waiting += [module.rpartition(".")[0]] if "." in module else []
        for name in imports_of(source_of(module)):
            top = name.partition(".")[0]
            if top == "pipelines":
                waiting.append(name)
            elif top not in sys.stdlib_module_names:
                libraries.add(top)
    return modules, libraries


def source_of(module: str) -> Path:
    """Return the file of one of our modules, or of a package."""
    path = Path(settings.BASE_DIR).joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imports_of(file: Path) -> set[str]:
    """Name what a file imports, also inside of functions; `from a import b` may mean the module a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def copy_code(folder: Path, modules: set[str]) -> None:
    """Copy modules with the packages that they stand in."""
    for module in modules:
        source = source_of(module)
        target = folder / source.relative_to(settings.BASE_DIR)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


# Environment


def requirements(version: ModelVersion, libraries: set[str]) -> list[str]:
    """Pin what the code imports, as it was when the version was trained."""
    known = version.lineage.get("libraries", {})
    names = sorted({packages_distributions()[library][0] for library in libraries})
    return [MLFLOW, *(f"{name}=={known.get(name) or installed_version(name)}" for name in names)]


def python_of(version: ModelVersion) -> str:
    """Return the Python that trained the version."""
    ours = ".".join(map(str, sys.version_info[:3]))
    return str(version.lineage.get("python") or ours)


def write_environment(folder: Path, python: str, needed: list[str]) -> None:
    """Write the environment in the three forms that MLflow's tools read."""
    (folder / "requirements.txt").write_text("\n".join(needed) + "\n", encoding="utf-8")
    write(
        folder / "python_env.yaml",
        {"python": python, "build_dependencies": ["pip"], "dependencies": ["-r requirements.txt"]},
    )
    packages = [f"python={python}", "pip", {"pip": needed}]
    write(folder / "conda.yaml", {"name": "mlflow-env", "channels": ["conda-forge"], "dependencies": packages})


# Example


def write_example(folder: Path, version: ModelVersion, now: datetime) -> dict[str, Any]:
    """Write a question of a few of the shop's own series and name what comes back; nothing where there are no sales."""
    use_case = USE_CASES[version.use_case]
    frames = few(dataset.read(dataset.Source(version.shop, now), use_case.slug))
    asked = pd.DataFrame([exported.question(frames)])
    try:
        answer = exported._load_pyfunc(str(folder / "data")).predict(asked)
    except NotEnoughHistory:
        return {}
    split = {"columns": list(asked.columns), "data": asked.to_numpy().tolist()}
    write(folder / "input_example.json", split)
    write(folder / "serving_input_example.json", {"dataframe_split": split})
    outputs = json.dumps([{"type": kind(answer[name]), "name": str(name), "required": True} for name in answer])
    return {
        "signature": {"inputs": json.dumps(columns_in(use_case)), "outputs": outputs, "params": None},
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "pandas_orient": "split",
            "serving_input_path": "serving_input_example.json",
            "type": "dataframe",
        },
    }


def few(frames: Frames) -> Frames:
    """Keep the first series of every frame that tells of series."""
    ids = sorted(frames[next(iter(frames.tables))]["unique_id"].unique())[:EXAMPLE_SERIES]
    return replace(frames, tables={name: of_series(table, ids) for name, table in frames.tables.items()}, memo={})


def of_series(table: pd.DataFrame, ids: list[Any]) -> pd.DataFrame:
    """Keep the rows of some series."""
    column = next((name for name in ("unique_id", "variant_id") if name in table), None)
    return table if column is None else table[table[column].isin(ids)].reset_index(drop=True)


def kind(column: pd.Series) -> str:
    """Name a column's kind as MLflow does."""
    return "datetime" if column.dtype.kind == "M" else KINDS.get(str(column.dtype), "string")


def write(file: Path, content: Any) -> None:
    """Write plain data as JSON, which every reader of YAML reads."""
    file.write_text(json.dumps(content, indent=1), encoding="utf-8")
