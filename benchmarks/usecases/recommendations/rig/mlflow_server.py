"""MLflow's own server over the same lists: what `mlflow models serve` would answer with.

python -m benchmarks.usecases.recommendations.rig.mlflow_server PORT FOLDER WORKERS
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
import uvicorn
from mlflow.pyfunc import scoring_server

FOLDER = "LISTS_FOLDER"


class Lists(mlflow.pyfunc.PythonModel):  # type: ignore[name-defined, misc]  # MLflow has no types
    """Answer from a table of lists."""

    def load_context(self, context: Any) -> None:
        self.lists = json.loads(Path(context.artifacts["lists"]).read_text())

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> list[Any]:
        return [self.lists.get(str(product), [])[:10] for product in model_input["product"]]


def make() -> Any:
    """Load the model that was saved, as every worker does."""
    return scoring_server.init(mlflow.pyfunc.load_model(os.environ[FOLDER]))


def main(port: str, folder: str, workers: str) -> None:
    saved = Path(folder) / "model"
    if not saved.exists():
        lists = str(Path(folder) / "lists.json")
        mlflow.pyfunc.save_model(saved, python_model=Lists(), artifacts={"lists": lists}, pip_requirements=[])
    os.environ[FOLDER] = str(saved)
    uvicorn.run(
        f"{__spec__.name}:make",
        factory=True,
        port=int(port),
        workers=int(workers),
        timeout_worker_healthcheck=120,  # a busy machine would have workers ended while they load
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
