"""The export: MLflow itself, unmodified and without this app, loads a version and says what we say."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from datetime import date
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.safe_files import is_pickle
from pipelines.lifecycle.versions import mlflow_export
from pipelines.models import ModelVersion
from pipelines.usecases import USE_CASES, exported
from tests import histories

pytestmark = pytest.mark.django_db
DEMAND = USE_CASES["demand_forecast"]

# What a stranger runs: MLflow, the folder, and nothing of ours; Django and the repository are not to be had.
STRANGER = """
import json, sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("django", "redis", "psycopg2", "shopmlops", "dashboard"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Nothing())
import mlflow, pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
answer = model.predict(pd.read_json(sys.argv[2], orient="records", dtype=False, convert_dates=False))
example = model.predict(model.input_example)
answer.to_parquet(sys.argv[3])
print(json.dumps({
    "example": len(example), "needs": [column.name for column in model.metadata.signature.inputs],
    "gives": [column.name for column in model.metadata.signature.outputs],
    "code": sys.modules["pipelines"].__path__[0], "version": model.metadata.metadata["version"],
    "mlflow": mlflow.__version__,
}))
"""


@pytest.fixture
def shop():
    shop = histories.a_shop()
    histories.sell(shop, variants=8, days=120)
    return shop


@pytest.fixture
def frames(shop):
    return dataset.read(dataset.Source(shop, timezone.now()), DEMAND.slug)


@pytest.fixture
def fitted(frames):
    return DEMAND.resolve("fit")(frames)


@pytest.fixture
def version(shop, fitted):
    return histories.a_version(shop, files=DEMAND.resolve("dump")(fitted))


@pytest.fixture
def folder(version, tmp_path):
    return mlflow_export.export(version, tmp_path / "model", now=timezone.now())


def ask_a_stranger(folder, questions, tmp_path):
    """Run MLflow in a process of its own, away from the repository."""
    pytest.importorskip("mlflow", reason="needs mlflow-skinny: requirements-dev.txt")
    questions.to_json(tmp_path / "asked.json", orient="records")
    (tmp_path / "stranger.py").write_text(STRANGER)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTHON", "SECRET"))}
    told = subprocess.run(
        [sys.executable, "-I", "stranger.py", str(folder), "asked.json", "answer.parquet"],
        cwd=tmp_path, env=plain | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}, timeout=100,
        capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    return json.loads(told.stdout.splitlines()[-1]), pd.read_parquet(tmp_path / "answer.parquet")


def test_mlflow_loads_it_and_predicts_what_we_predict(folder, fitted, frames, version, tmp_path):
    two_rows = pd.DataFrame([exported.question(frames), exported.question(mlflow_export.few(frames))])
    told, answer = ask_a_stranger(folder, two_rows, tmp_path)
    ours = DEMAND.resolve("predict")(fitted, frames)
    theirs = answer[answer["request"] == 0].reset_index(drop=True)
    assert len(ours) == 8 * 28 and theirs["unique_id"].tolist() == ours["unique_id"].tolist()
    assert pd.to_datetime(theirs["ds"]).tolist() == pd.to_datetime(ours["ds"]).tolist()
    np.testing.assert_allclose(theirs["y_hat"], ours["y_hat"], rtol=1e-6)
    assert (answer["request"] == 1).sum() == 5 * 28 == told["example"]
    assert told["needs"] == ["asof", "country", "events", *DEMAND.needs] and told["gives"] == ["request", *ours.columns]
    assert told["code"].startswith(str(folder / "code")) and told["version"] == version.number


def test_nothing_in_it_is_a_pickle_and_its_code_knows_no_framework(folder):
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert not [file for file in files if is_pickle(file.read_bytes())]
    assert {file.suffix for file in files} <= {".py", ".json", ".txt", ".yaml", ""}
    for file in folder.rglob("*.py"):
        names = {name.partition(".")[0] for name in mlflow_export.imports_of(file)}
        assert not names & {"django", "redis", "rq", "shopify"}, file
        ast.parse(file.read_text())


def test_it_carries_only_the_code_that_it_takes(folder):
    carried = {file.stem for file in (folder / "code/pipelines/usecases/demand_forecast").rglob("*.py")}
    assert {"model", "history", "trees"} <= carried and not carried & {"presentation", "serving", "replay"}


def test_its_environment_names_what_trained_the_version(version, shop, fitted, tmp_path):
    known = {"libraries": {"numpy": "2.0.0"}, "python": "3.11.2"}
    older = histories.a_version(shop, files=DEMAND.resolve("dump")(fitted), lineage=known)
    folder = mlflow_export.export(older, tmp_path / "older", now=timezone.now())
    needed = (folder / "requirements.txt").read_text().splitlines()
    assert "numpy==2.0.0" in needed and any(line.startswith("lightgbm==") for line in needed)
    assert not [line for line in needed if line.lower().startswith("django")]
    assert json.loads((folder / "python_env.yaml").read_text())["python"] == "3.11.2"
    assert json.loads((folder / "MLmodel").read_text())["flavors"]["python_function"]["python_version"] == "3.11.2"


def test_a_changed_file_is_not_loaded(folder):
    (folder / "data/parameters.json").write_bytes(b"{}")
    with pytest.raises(ValueError, match=r"parameters.json was changed"):
        exported._load_pyfunc(str(folder / "data"))


def test_frames_survive_being_text():
    table = pd.DataFrame(
        {
            "unique_id": [1, 2],
            "ds": pd.to_datetime(["2026-11-19", None]).astype("datetime64[s]"),
            "y": pd.Series([0.1, None], dtype="float32"),
            "title": pd.Series(["Moss “Beanie”", None], dtype="str"),
            "first_day": pd.Series([date(2026, 11, 19), None], dtype=object),
        }
    )
    pd.testing.assert_frame_equal(exported.from_text(exported.as_text(table)), table)
    pd.testing.assert_frame_equal(exported.from_text(exported.as_text(table[:0])), table[:0], check_dtype=False)


def test_the_command_says_what_it_did_and_what_it_cannot(version, shop, tmp_path, settings):
    def export(number, to):
        said = StringIO()
        options = {"shop": shop.domain, "use_case": DEMAND.slug, "number": number, "to": to}
        call_command("export_version", **options, stdout=said, skip_checks=True)
        return said.getvalue()

    assert "demand_forecast version 1 is in" in export(1, tmp_path / "model")
    with pytest.raises(CommandError, match="exists already"):
        export(1, tmp_path / "model")
    with pytest.raises(CommandError, match="has no version 2"):
        export(2, tmp_path / "other")
    (settings.STATE_DIR / "artifacts" / version.artifact_path / "parameters.json").unlink()
    with pytest.raises(CommandError, match="missing"):
        export(1, tmp_path / "broken")
    assert not (tmp_path / "broken").exists() and not list(tmp_path.glob(".export-*"))
    assert ModelVersion.objects.get().state == "validated", "a file that is not there bars nothing"
