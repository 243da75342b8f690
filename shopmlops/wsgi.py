"""The Django application for WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopmlops.settings")
application = get_wsgi_application()

from shopmlops.checks import refuse_foreign_storage, refuse_unsafe_start  # noqa: E402 (they read the settings)

refuse_unsafe_start()
refuse_foreign_storage()
