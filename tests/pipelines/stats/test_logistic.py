"""The penalised maximum, beside an independent optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from pipelines.stats.logistic import solve


def test_the_maximum_is_that_of_an_independent_optimiser() -> None:
    random = np.random.default_rng(0)
    design = np.column_stack([np.ones(300), random.normal(size=(300, 3))])
    came, weight = (random.random(300) < 0.3).astype(float), random.random(300)
    start, penalty = np.array([-1.0, 0.5, 0.0, 0.0]), np.array([0.25, 20.0, 20.0, 20.0])

    def loss(weights: np.ndarray) -> float:
        said = design @ weights
        return weight @ (np.logaddexp(0, said) - came * said) + penalty @ (weights - start) ** 2 / 2

    wanted = minimize(loss, start, method="BFGS", options={"gtol": 1e-9}).x
    assert solve(design, came, weight, start, penalty) == pytest.approx(wanted, abs=1e-5)
