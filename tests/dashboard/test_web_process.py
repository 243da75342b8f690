"""The web process stays light: it answers every page without the libraries that models need."""

import subprocess
import sys
from pathlib import Path

from pipelines.ops.demo_settings import demo_secrets

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    *("numpy", "pandas", "scipy", "prophet", "plotly", "lightgbm", "pyarrow", "cmdstanpy"),
    *("fpdf", "graphql", "PIL"),
)
CODE = """
import sys
import django
django.setup()
import shopmlops.asgi
from django.urls import get_resolver
get_resolver().url_patterns
from django.template.loader import get_template
from pathlib import Path
for page in Path("templates").rglob("*.html"):
    get_template(str(page.relative_to("templates")))
import pipelines.charts
from pipelines.usecases import USE_CASES
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_imports_no_model_library(tmp_path: Path):
    environment = demo_secrets(tmp_path) | {
        "DJANGO_SETTINGS_MODULE": "shopmlops.settings",
        "SHOPMLOPS_DEMO": "1",
        "SHOPMLOPS_STATE": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert {"django", "dashboard", "pipelines"} <= loaded
    assert not loaded & set(HEAVY)


def test_would_notice_one():
    done = subprocess.run(
        [sys.executable, "-c", "import numpy, sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    assert "numpy" in done.stdout.split()
