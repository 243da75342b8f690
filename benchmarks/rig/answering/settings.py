"""The app's own settings with nothing between Django and a view, and a use case with a scorer."""

from benchmarks.rig.answering.use_case import USE_CASE
from pipelines.usecases import USE_CASES
from shopmlops.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.rig.answering.urls"
MIDDLEWARE = []
USE_CASES.register(USE_CASE)
