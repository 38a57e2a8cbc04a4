"""One settings file; what differs between sites comes from the environment (a `_FILE` variant reads a secret file)."""

import os
from datetime import timedelta
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
            # Joins as they are written, row first and what it refers to behind it: to try out the orders of a dozen
            # of them takes PostgreSQL several times as long as the query itself.
            "options": "-c join_collapse_limit=1",
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
    "axes",
    "csp",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "lianzheng.organisation",
    "lianzheng.accounts",
    "lianzheng.audit",
    "lianzheng.attachments",
    "registers",
    "assessments",
    "early_warning",
    "lianzheng.desk",
]
MIDDLEWARE = [
    "lianzheng.desk.headers.Guarded",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lianzheng.accounts.sessions.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "lianzheng.organisation.access.KeepTyped",
    "lianzheng.audit.middleware.Refusals",
    "lianzheng.audit.middleware.Author",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "lianzheng.organisation.access.DeclaredAccess",
    "lianzheng.accounts.owed.Owed",
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
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
PASSWORD_HASHERS = ["lianzheng.accounts.hashers.CappedArgon2"]
# Hashes at a time in each process: each takes 100 MiB.
PARALLEL_HASHES = int(os.environ.get("LIANZHENG_PARALLEL_HASHES", "2"))
PASSWORD_POLICIES: dict[str, tuple[int, tuple[str, ...]]] = {
    "dengbao": (90, ("lianzheng.accounts.passwords.Complexity",)),
    "asvs": (0, ()),
}
"""Name -> days after which a password is changed (0: never), and what is asked beyond what both ask."""
PASSWORD_POLICY = os.environ.get("LIANZHENG_PASSWORD_POLICY", "dengbao")
if PASSWORD_POLICY not in PASSWORD_POLICIES:
    raise ImproperlyConfigured(f"LIANZHENG_PASSWORD_POLICY 只能是 {'、'.join(PASSWORD_POLICIES)}")
PASSWORD_DAYS, _more = PASSWORD_POLICIES[PASSWORD_POLICY]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "lianzheng.accounts.passwords.Length",
        "lianzheng.accounts.passwords.Context",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
        *_more,
    )
]
# Five wrong passwords for one name from one address close that door for a quarter of an hour. Never the address alone:
# a bureau goes out by one.
AXES_HANDLER = "lianzheng.accounts.attempts.Handler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = int(os.environ.get("LIANZHENG_SIGN_IN_FAILURES", "5"))
AXES_COOLOFF_TIME = timedelta(minutes=int(os.environ.get("LIANZHENG_LOCK_MINUTES", "15")))
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # the journal says who signed in
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_USERNAME_CALLABLE = "lianzheng.accounts.attempts.name_of"
AXES_WHITELIST_CALLABLE = "lianzheng.accounts.attempts.without_name"
AXES_CLIENT_IP_CALLABLE = "lianzheng.accounts.peer.address_of"
# How many proxies of ours stand in front: the address of the visitor is read that many places from the right.
PROXIES = int(os.environ.get("LIANZHENG_PROXIES", "1" if env_bool("LIANZHENG_TLS") else "0"))
# Asked of those who hold a protected right (organisation.roles); everybody else may have it.
SECOND_FACTOR = env_bool("LIANZHENG_SECOND_FACTOR", default=not DEMO)
# How long ago somebody may have shown who they are when they do something dangerous.
PROOF_LASTS = timedelta(minutes=5)
# Sign-in by an identity provider of the county (OpenID Connect), beside passwords; only accounts that exist get in.
OIDC = bool(os.environ.get("LIANZHENG_OIDC_ISSUER"))
OIDC_ISSUER = os.environ.get("LIANZHENG_OIDC_ISSUER", "").rstrip("/")
OIDC_LABEL = os.environ.get("LIANZHENG_OIDC_LABEL", "统一身份认证登录")
OIDC_CLAIM = os.environ.get("LIANZHENG_OIDC_CLAIM", "preferred_username")
"""What the provider calls that which is a user name or phone number here."""
OIDC_RP_CLIENT_ID = os.environ.get("LIANZHENG_OIDC_CLIENT", "")
OIDC_RP_CLIENT_SECRET = env_secret("LIANZHENG_OIDC_SECRET")
OIDC_OP_AUTHORIZATION_ENDPOINT = os.environ.get("LIANZHENG_OIDC_AUTHORIZATION", f"{OIDC_ISSUER}/authorize")
OIDC_OP_TOKEN_ENDPOINT = os.environ.get("LIANZHENG_OIDC_TOKEN", f"{OIDC_ISSUER}/token")
OIDC_OP_USER_ENDPOINT = os.environ.get("LIANZHENG_OIDC_USERINFO", f"{OIDC_ISSUER}/userinfo")
OIDC_OP_JWKS_ENDPOINT = os.environ.get("LIANZHENG_OIDC_JWKS", f"{OIDC_ISSUER}/jwks")
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_RP_SCOPES = "openid profile"
OIDC_USE_PKCE = True
OIDC_TIMEOUT = 10
OIDC_CREATE_USER = False
OIDC_AUTHENTICATION_CALLBACK_URL = "oidc_callback"
if OIDC:
    AUTHENTICATION_BACKENDS.append("lianzheng.accounts.oidc.Backend")
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
SESSION_ENGINE = "lianzheng.accounts.sessions"
SESSION_IDLE = timedelta(minutes=int(os.environ.get("LIANZHENG_SESSION_IDLE_MINUTES", "30")))
SESSION_LONGEST = timedelta(hours=int(os.environ.get("LIANZHENG_SESSION_HOURS", "12")))
SESSION_COOKIE_AGE = int(SESSION_LONGEST.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # office machines have several users
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_TLS = env_bool("LIANZHENG_TLS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_TLS
CSRF_COOKIE_HTTPONLY = True
if SECURE_TLS:  # browsers take these names only over TLS, for this host alone and for all of it
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_TLS else 0
SECURE_SSL_REDIRECT = SECURE_TLS
# Whether every host below this name speaks TLS, and whether browsers should be shipped with that, is the owner's of
# the domain to say: a county's other sites would become unreachable. The third asks for a page of axes' own: the
# sign-in form says itself that the door is closed.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "axes.W002"]
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
# Files that are kept beside records: of one person in a day, and of one bureau in all.
ATTACHMENTS_A_DAY = int(os.environ.get("LIANZHENG_ATTACHMENTS_A_DAY", "200"))
ATTACHMENT_QUOTA = int(os.environ.get("LIANZHENG_ATTACHMENT_GIGABYTES", "20")) << 30
CLAMD = os.environ.get("LIANZHENG_CLAMD", "")  # the site's virus scanner: /path/of.socket or host:port
FILE_UPLOAD_PERMISSIONS = 0o640

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "lianzheng.desk.logs.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"django": {"handlers": [], "propagate": True}},  # not Django's own, which would mail what was typed
    "root": {"handlers": ["console"], "level": "WARNING"},
}
DEFAULT_EXCEPTION_REPORTER = "lianzheng.desk.logs.Reporter"
