"""The same weights in every kind of file that a version may be made of; `load` reads that file, and no other."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames, Progress, silent
from tests.families.visits import model
from tests.families.visits.model import Fitted


def dump_npz(fitted: Fitted) -> dict[str, bytes]:
    file = io.BytesIO()
    np.savez(file, weights=fitted.weights)
    return model.dump(fitted) | {"weights.npz": file.getvalue()}


def load_npz(files: Mapping[str, bytes]) -> Fitted:
    with np.load(io.BytesIO(files["weights.npz"]), allow_pickle=False) as arrays:
        return Fitted(*map(float, arrays["weights"]))


def dump_parquet(fitted: Fitted) -> dict[str, bytes]:
    return model.dump(fitted) | {"weights.parquet": pd.DataFrame([asdict(fitted)]).to_parquet(index=False)}


def load_parquet(files: Mapping[str, bytes]) -> Fitted:
    (row,) = pd.read_parquet(io.BytesIO(files["weights.parquet"])).to_dict("records")
    return Fitted(**row)


def dump_json(fitted: Fitted) -> dict[str, bytes]:
    return model.dump(fitted) | {"weights.json": json.dumps(asdict(fitted)).encode()}


def load_json(files: Mapping[str, bytes]) -> Fitted:
    return Fitted(**json.loads(files["weights.json"]))


# A text of LightGBM's is what its own trees are written as, so they are learned, too.


def fit_trees(frames: Frames, *, seed: int = 0, progress: Progress = silent) -> str:
    import lightgbm

    model.require_history(frames)
    visits = model.matured(frames)
    asked = lightgbm.Dataset(model.design(visits), visits["ordered"].to_numpy())
    rules = {"objective": "binary", "seed": seed, "deterministic": True, "num_threads": 1, "verbosity": -1}
    return str(lightgbm.train(rules, asked, num_boost_round=3).model_to_string())


def predict_trees(fitted: str, frames: Frames) -> pd.DataFrame:
    import lightgbm

    visits = model.seen(frames)
    said = lightgbm.Booster(model_str=fitted).predict(model.design(visits))
    return visits[["unique_id", "ds"]].assign(y_hat=said)


def dump_trees(fitted: str) -> dict[str, bytes]:
    return {"trees.txt": fitted.encode()}


def load_trees(files: Mapping[str, bytes]) -> str:
    return files["trees.txt"].decode()
