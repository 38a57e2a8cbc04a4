"""What stands behind a sign-in: sessions one can see and end, the second factor, its recovery codes."""

from typing import Any, ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models.functions import Now
from django_otp.models import ThrottlingMixin

from lianzheng.classification import classified
from lianzheng.organisation.scoping import new_id
from lianzheng.secrecy import Secret, sealed_field


class Session(AbstractBaseSession):
    """A browser that is signed in (or on its way): Django's row, and what its person needs to know it again by."""

    person = models.ForeignKey(
        "organisation.User", on_delete=models.CASCADE, null=True, related_name="sessions", verbose_name="人员"
    )
    begun_at = models.DateTimeField("登录时间", null=True)
    seen_at = models.DateTimeField("最近使用", null=True)
    address = models.GenericIPAddressField("网络地址", null=True)
    agent = models.CharField("浏览器", max_length=200, blank=True)

    objects: ClassVar = BaseSessionManager()

    data_classes = classified(
        internal="expire_date",
        sensitive="session_data person begun_at seen_at address agent",
        core="session_key",
    )

    class Meta(AbstractBaseSession.Meta):
        verbose_name = verbose_name_plural = "会话"

    def __str__(self) -> str:
        return f"{self.person_id} {self.begun_at}"

    @classmethod
    def get_session_store_class(cls) -> Any:
        from lianzheng.accounts.sessions import SessionStore

        return SessionStore


class _Asked(models.Model):
    """Ends the chain of checks by which django-otp asks whether a code may be tried now."""

    throttling_enabled = True

    class Meta:
        abstract = True

    def verify_is_allowed(self) -> tuple[bool, Any]:
        return True, None


class Authenticator(ThrottlingMixin, _Asked):  # type: ignore[misc]  # untyped
    """The second factor of a person: an app on their phone that shows a code of six digits (RFC 6238)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.OneToOneField(
        "organisation.User", on_delete=models.CASCADE, related_name="authenticator", verbose_name="人员"
    )
    sealed_secret = sealed_field("密文")
    secret = Secret("sealed_secret")
    confirmed_at = models.DateTimeField("启用时间", null=True)
    last_step = models.BigIntegerField("用过的最后一步", default=-1)

    data_classes = classified(
        internal="throttling_failure_timestamp throttling_failure_count id confirmed_at last_step",
        sensitive="person",
        core="sealed_secret",
    )

    class Meta:
        verbose_name = verbose_name_plural = "第二验证"

    def __str__(self) -> str:
        return f"{self.person_id}"

    def get_throttle_factor(self) -> int:
        """Seconds to wait after the first wrong code; doubled with each further one."""
        return 1


class RecoveryCode(models.Model):
    """A code on paper that opens the door once when the phone is lost; only its digest is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(
        "organisation.User", on_delete=models.CASCADE, related_name="recovery_codes", verbose_name="人员"
    )
    digest = models.CharField("摘要", max_length=64)
    made_at = models.DateTimeField("生成时间", db_default=Now())
    used_at = models.DateTimeField("使用时间", null=True)

    data_classes = classified(
        internal="id made_at used_at",
        sensitive="person",
        core="digest",
    )

    class Meta:
        verbose_name = verbose_name_plural = "恢复码"
        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"{self.person_id}"
