"""The app's own settings, with the reference's addresses, as where nothing but the app is installed."""

import sys
from typing import Any, cast

# What redis loads where it finds it; only MLflow brings it, and that is a tool of development: 3 MB a process.
sys.modules["opentelemetry"] = cast(Any, None)

from shopmlops.settings import *  # noqa: E402, F403

ROOT_URLCONF = "benchmarks.rig.reference.urls"
