"""The app's own settings, with the reference's addresses."""

from shopmlops.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.rig.reference.urls"
