"""One settings file; what differs between sites comes from the environment (a `_FILE` variant reads a secret file)."""

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"


def env_bool(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, str(int(default))).lower() in {"1", "true", "yes", "on"}


def env_secret(name: str, *, default: str = "") -> str:
    """The value of NAME, or the content of the file that NAME_FILE points to."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def database(url: str) -> dict[str, object]:
    """Django's DATABASES entry of postgres://user:password@host:port/name?host=/socket/folder."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": env_secret("LIANZHENG_DATABASE_PASSWORD", default=unquote(parts.password or "")),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": str(parts.port or query.get("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # A server that has gone silent is given up within seconds, not after the kernel's quarter of an hour.
        "OPTIONS": {
            "connect_timeout": 5,
            "tcp_user_timeout": 4000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    }


def embedded_url() -> str:
    """The running embedded server of this checkout; `manage.py up` starts it."""
    from lianzheng.postgres import LocalPostgres

    return LocalPostgres(VAR_DIR / "pg").url("runtime")


DEMO = env_bool("LIANZHENG_DEMO")
DEBUG = env_bool("LIANZHENG_DEBUG")
SECRET_KEY = env_secret("LIANZHENG_SECRET_KEY")
if not SECRET_KEY and (VAR_DIR / "secret_key").is_file():
    SECRET_KEY = (VAR_DIR / "secret_key").read_text(encoding="utf-8").strip()
if not SECRET_KEY:
    raise ImproperlyConfigured("请设置 LIANZHENG_SECRET_KEY_FILE（密钥文件），或先运行 python3 manage.py up")
# Keys of the sealed texts (lianzheng.secrecy), kept apart from the database and its backups.
FIELD_KEYS_FILE = Path(os.environ.get("LIANZHENG_FIELD_KEYS_FILE") or VAR_DIR / "field_keys")
ALLOWED_HOSTS = os.environ.get("LIANZHENG_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("LIANZHENG_ORIGINS", "").split(",") if origin]
# The address under which citizens reach the site, printed on papers; empty: the one the office uses.
PUBLIC_URL = os.environ.get("LIANZHENG_PUBLIC_URL", "").rstrip("/")
HELP_PHONE = os.environ.get("LIANZHENG_HELP_PHONE", "")
HELP_PERSON = os.environ.get("LIANZHENG_HELP_PERSON", "")

DATABASES = {"default": database(os.environ.get("DATABASE_URL") or embedded_url())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "guardian",
    "csp",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "lianzheng.organisation",
    "lianzheng.audit",
    "lianzheng.attachments",
    "registers",
    "assessments",
    "early_warning",
    "lianzheng.desk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "lianzheng.organisation.access.KeepTyped",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "lianzheng.organisation.access.DeclaredAccess",
]
ROOT_URLCONF = "lianzheng.urls"
WSGI_APPLICATION = "lianzheng.wsgi.application"
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
                "lianzheng.desk.frame.frame",
            ]
        },
    }
]
FORM_RENDERER = "lianzheng.organisation.forms.Renderer"

AUTH_USER_MODEL = "organisation.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
SESSION_COOKIE_AGE = int(os.environ.get("LIANZHENG_SESSION_SECONDS", str(8 * 3600)))
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_TLS = env_bool("LIANZHENG_TLS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_TLS else 0
SECURE_SSL_REDIRECT = SECURE_TLS
# Whether every host below this name speaks TLS, and whether browsers should be shipped with that, is the owner's of
# the domain to say: a county's other sites would become unreachable.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "lianzheng.desk.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
# Localising every integer and date costs a quarter of a list page; prepared strings need none of it.
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000
FILE_UPLOAD_PERMISSIONS = 0o640

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
