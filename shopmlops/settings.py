"""Every setting of the project, from the environment; env.example says what each means."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from shopmlops import env, logs

BASE_DIR = Path(__file__).resolve().parent.parent
GENERATED = "generated-"  # marks development secrets: system checks refuse them outside the demo

# Where we are
DEMO = env.flag("SHOPMLOPS_DEMO")
DEMO_SECRET = env.secret("SHOPMLOPS_DEMO_SECRET", "")
CLOCK_AHEAD = env.number("CLOCK_AHEAD", 0)  # seconds; only the demo may turn its clock
DEBUG = env.flag("DEBUG")
STATE_DIR = Path(env.text("SHOPMLOPS_STATE", str(BASE_DIR / ".state"))).resolve()
APP_URL = env.text("APP_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost")
CODE_REVISION = env.text("CODE_REVISION", "unknown")
IMAGE_DIGEST = env.text("IMAGE_DIGEST", "")

# Secrets
SECRET_KEY = env.secret("SECRET_KEY", GENERATED + "django-key-for-development-only-not-for-production")
SECRET_KEY_FALLBACKS = [key for key in [env.secret("SECRET_KEY_OLD", "")] if key]
ENCRYPTION_KEYS = env.secret("ENCRYPTION_KEYS", "")  # "id:base64,id:base64", newest first
SIGNING_KEY = env.secret("SIGNING_KEY", "")  # Ed25519 private key, base64; only where training runs
SIGNING_PUBLIC_KEYS = env.words("SIGNING_PUBLIC_KEYS")  # current and retired, base64
METRICS_TOKEN = env.secret("METRICS_TOKEN", "")

# Shopify. The five addresses that a development store may stand in for are checked in checks.py.
SHOPIFY_API_KEY = env.text("SHOPIFY_API_KEY", GENERATED + "client-id")
SHOPIFY_API_SECRET = env.secret("SHOPIFY_API_SECRET", GENERATED + "client-secret-of-thirty-two-bytes")
SHOPIFY_API_SECRET_OLD = env.secret("SHOPIFY_API_SECRET_OLD", "")
SHOPIFY_APP_HANDLE = env.text("SHOPIFY_APP_HANDLE", "shopmlops")
SHOPIFY_API_VERSION = "2026-10"
SHOPIFY_PURCHASE_ORDERS_VERSION = env.text("SHOPIFY_PURCHASE_ORDERS_VERSION", "")
SHOPIFY_API_ORIGIN = env.text("SHOPIFY_API_ORIGIN", "https://{shop}").rstrip("/")
SHOPIFY_ADMIN_ORIGINS = env.words("SHOPIFY_ADMIN_ORIGINS", "https://{shop},https://admin.shopify.com")
APP_BRIDGE_URL = env.text("APP_BRIDGE_URL", "https://cdn.shopify.com/shopifycloud/app-bridge.js")
POLARIS_URL = env.text("POLARIS_URL", "https://cdn.shopify.com/shopifycloud/polaris-1.js")
STRICT_STYLES = env.flag("STRICT_STYLES")  # whether Shopify's scripts do without styles of their own in the page
SHOPIFY_BULK_HOSTS = env.words("SHOPIFY_BULK_HOSTS", "storage.googleapis.com,.shopify.com,.shopifycloud.com")

# Mail: alerts that merchants asked for, and what operators must know. The demo keeps its letters as files.
EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if DEMO else 'smtp'}.EmailBackend"
EMAIL_FILE_PATH = STATE_DIR / "mail"
MAIL_WORKS = DEMO or bool(EMAIL_HOST)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("MAIL_FROM", "shopmlops@localhost")
EMAIL_SUBJECT_PREFIX = "[shopmlops] "
ADMINS = [(address, address) for address in env.words("OPERATOR_MAILS")]

# Django
INSTALLED_APPS = [
    "shopmlops.operators.apps.OperatorsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "axes",
    "django_otp",
    "shopmlops.operators.devices.apps.DevicesConfig",
    "django_rq",
    "django_htmx",
    "pipelines",
    "dashboard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "dashboard.embedding.EmbeddingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "shopmlops.urls"
WSGI_APPLICATION = "shopmlops.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.embedding.page_context",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LANGUAGE_CODE = "en-gb"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"


# What an hour of a CPU costs, by currency: what trainings cost is told in the shop's own, where it is named.
CPU_HOUR_PRICES = env.prices("CPU_HOUR_PRICES", "USD=0.05,EUR=0.045,GBP=0.04")

# A database that is gone without a word is given up after seconds, not after the kernel's quarter of an hour.
PATIENCE = {"connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3}


def database(url: str) -> dict[str, Any]:
    """Return Django's settings for a postgresql:// address, also one with a socket in ?host=."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or query.get("user", [""])[0]),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # pgbouncer in transaction mode
        "OPTIONS": PATIENCE | ({"sslmode": query["sslmode"][0]} if "sslmode" in query else {}),
    }


DATABASES: dict[str, dict[str, Any]] = {"default": database(env.text("DATABASE_URL", "postgresql:///shopmlops"))}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")

# Queues
QUEUES = ("events", "default", "training")
RQ_QUEUES = {
    name: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 600, "SERIALIZER": "rq.serializers.JSONSerializer"} for name in QUEUES
}

TRAINING_CRONJOB = env.text("TRAINING_CRONJOB", "")

# Files: artifacts of model versions on the file system, or in a bucket by ARTIFACT_STORAGE.
ARTIFACT_STORAGE = env.text("ARTIFACT_STORAGE", "django.core.files.storage.FileSystemStorage")
ARTIFACT_PLACES: dict[str, dict[str, Any]] = {
    "django.core.files.storage.FileSystemStorage": {"location": STATE_DIR / "artifacts"},
    "shopmlops.bucket.Bucket": {
        "bucket_name": env.text("S3_BUCKET", ""),
        "endpoint_url": env.text("S3_ENDPOINT", "") or None,
        "region_name": env.text("S3_REGION", "") or None,
        "access_key": env.text("S3_ACCESS_KEY", "") or None,
        "secret_key": env.secret("S3_SECRET_KEY", "") or None,
    },
}
STORAGES: dict[str, dict[str, Any]] = {
    "artifacts": {"BACKEND": ARTIFACT_STORAGE, "OPTIONS": ARTIFACT_PLACES.get(ARTIFACT_STORAGE, {})},
    "staticfiles": {"BACKEND": "shopmlops.packing.PackedOnce"},
}
STATIC_URL = "/static/"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "dashboard.finders.PlotlyFinder",
]
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(STATE_DIR / "static")))

# Security. Merchants' pages carry no cookie; the cookies below are the operators' admin only.
SECURE_SSL_REDIRECT = not DEMO and not DEBUG and APP_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31536000 if SECURE_SSL_REDIRECT else 0
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
# Merchants' pages are framed by Shopify's admin alone: frame-ancestors (dashboard/framing.py) says so, X-Frame-Options
# cannot. What else answers below the same domain is not ours to promise for.
SILENCED_SYSTEM_CHECKS = ["security.W002", "security.W005", "security.W021"]
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
AUTH_PASSWORD_VALIDATORS = [  # operators' own
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Wrong passwords are counted in Redis for a quarter of an hour, under digests; axes' tables, which hold addresses, are
# never made.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "lockout": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "lockout",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    },
}
MIGRATION_MODULES = {"axes": None}
AXES_HANDLER, AXES_CACHE = "axes.handlers.cache.AxesCacheHandler", "lockout"
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]  # either
AXES_FAILURE_LIMIT, AXES_COOLOFF_TIME = 5, timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "shopmlops.addresses.address_digest"
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True
# The second proof: codes of an authenticator app (manage.py second_factor).
OPERATOR_SECOND_FACTOR = env.flag("OPERATOR_SECOND_FACTOR")
OTP_TOTP_ISSUER = "shopmlops operators"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 12_000  # an order to a supplier has a field for each of its variants
ADMIN_HOST = env.text("ADMIN_HOST", "")

LOGGING = logs.configuration(env.text("LOG_LEVEL", "INFO"), env.text("LOG_FORMAT", "line"))
SENTRY_DSN = env.secret("SENTRY_DSN", "")
