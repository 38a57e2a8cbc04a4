"""The only writers of sessions, second factors and recovery codes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from lianzheng.accounts import factor, sessions
from lianzheng.accounts.attempts import masked
from lianzheng.accounts.models import Authenticator, RecoveryCode, Session
from lianzheng.audit.actions import record
from lianzheng.flow import Refused
from lianzheng.organisation.models import Unit, User

FAILURES_KEPT = timedelta(days=1)


def bureau_of(person: User) -> Unit | None:
    return person.home.bureau if person.home else None


def note(act: str, person: User, *, by: User | None, **detail: Any) -> None:
    """A journal row about an account; the person by key, never by name."""
    record(act, bureau=bureau_of(person), detail={"人员": str(person.pk)} | detail, by=by)


@transaction.atomic
def end_session(person: User, *, key: str, by: User) -> bool:
    """End one of the person's sessions; False when it has ended already or was never theirs."""
    ended, _ = Session.objects.filter(person=person, session_key=key).delete()
    if ended:
        note("终止会话", person, by=by)
    return bool(ended)


@transaction.atomic
def end_sessions(person: User, *, but: str = "", by: User | None) -> int:
    """End all of the person's sessions but this one; the number that would still have opened the door."""
    open_ = sessions.of(person).exclude(session_key=but).count()
    Session.objects.filter(person=person).exclude(session_key=but).delete()
    if open_:
        note("终止会话", person, 数量=open_, by=by)
    return open_


@transaction.atomic
def clear_ended(*, by: User | None) -> int:
    """Rows of sessions that no longer open the door, and of wrong passwords older than a day and than the time that
    a door stays closed; how many. Who signed in and out is told by the journal, for ever."""
    moment = timezone.now()
    past = Q(expire_date__lt=moment) | Q(seen_at__lt=moment - settings.SESSION_IDLE)
    ended, _ = Session.objects.filter(past | Q(begun_at__lt=moment - settings.SESSION_LONGEST)).delete()
    counted = max(settings.AXES_COOLOFF_TIME, FAILURES_KEPT)
    failed, _ = AccessAttempt.objects.filter(attempt_time__lt=moment - counted).delete()
    return int(ended + failed)


@transaction.atomic
def start_factor(person: User, *, by: User) -> Authenticator:
    """A new secret, of no effect until a code of it was shown; the one under way is kept, so that a page opened twice
    shows the same picture."""
    if found := Authenticator.objects.filter(person=person).first():
        return found
    row = Authenticator(person=person)
    row.secret = factor.new_secret()
    row.save(force_insert=True)
    return row


@transaction.atomic
def confirm_factor(person: User, *, code: str, by: User) -> list[str]:
    """The app shows the right code: from now on it is asked for. The recovery codes, to be seen this once."""
    row = Authenticator.objects.select_for_update().filter(person=person, confirmed_at=None).first()
    step = factor.step_of(row.secret, code, after=row.last_step) if row else None
    if row is None or step is None:
        raise Refused("验证码不正确。请看手机上的时间是否准确，再输入当前显示的 6 位数字。")
    Authenticator.objects.filter(pk=row.pk).update(confirmed_at=Now(), last_step=step)
    note("启用第二验证", person, by=by)
    return make_recovery_codes(person, by=by)


@transaction.atomic
def make_recovery_codes(person: User, *, by: User) -> list[str]:
    """Ten new ones; those before are void."""
    codes = [factor.recovery_code() for _ in range(factor.RECOVERY_CODES)]
    RecoveryCode.objects.filter(person=person).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(person=person, digest=factor.digest_of(code)) for code in codes)
    note("生成恢复码", person, by=by)
    return codes


@transaction.atomic
def drop_factor(person: User, *, by: User) -> bool:
    """The second factor is no longer asked for: turned off by the person, or by an administrator for a lost phone."""
    RecoveryCode.objects.filter(person=person).delete()
    dropped, _ = Authenticator.objects.filter(person=person).delete()
    if dropped:
        note("停用第二验证", person, by=by)
    return bool(dropped)


@transaction.atomic
def show_factor(person: User, *, code: str) -> bool:
    """Is this the code the app shows, or an unused recovery code? Counts the wrong ones and makes the next wait."""
    row = Authenticator.objects.select_for_update().filter(person=person, confirmed_at__isnull=False).first()
    if row is None:
        return False
    allowed, _ = row.verify_is_allowed()
    if not allowed:
        return False
    step = factor.step_of(row.secret, code, after=row.last_step)
    if step is None and not _used(person, code):
        row.throttle_increment()
        return False
    row.last_step = row.last_step if step is None else step
    row.throttle_reset()
    return True


def _used(person: User, code: str) -> bool:
    """Use a recovery code up."""
    rows = RecoveryCode.objects.filter(person=person, digest=factor.digest_of(code), used_at=None)
    used = bool(rows.update(used_at=Now()))
    if used:
        note("使用恢复码", person, by=person)
    return used


@transaction.atomic
def unlock(person: User, *, by: User) -> int:
    """Wrong passwords are forgotten; the number of doors that were closed."""
    count: int = reset(username=masked(person.username))
    Authenticator.objects.filter(person=person).update(throttling_failure_count=0, throttling_failure_timestamp=None)
    note("解除锁定", person, by=by)
    return count
