"""Rating out of turn: duties changed, a new holder, a temporary task, a new risk point; and the end of a post."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q

from assessments.actions.campaigns import create_dossier
from assessments.models import Campaign, Cause, Dossier, State
from assessments.rules import lets_rate_anew
from lianzheng import clock, workdays
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Said, flow_of, move
from lianzheng.organisation.actions import close_post, take_over
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import Post, User
from registers.actions import create_edition
from registers.models import RiskTable

DAYS = 10
"""Working days for a form out of turn; ours, no source names a number."""
APPROVED = (State.NOTICE, State.PUBLISHED, State.FILING, State.FILING_SENT)
SETTLED = (State.ARCHIVED, State.IN_FORCE, State.SUPERSEDED, State.VOID)


@transaction.atomic
def rate_anew(
    dossier: Dossier, *, cause: str, text: str, until: date | None = None, holder: User | None = None, by: User
) -> Dossier:
    """A new form for the same post, section or bureau, in the newest round, with the rows that are in force as its
    draft; found, rated and approved like any other, and what is in force stays so until then.

    `holder` takes the post over (岗位人员变动) and must accept its points; `until` is the end of a temporary task.
    """
    campaign = _newest(dossier)
    if not lets_rate_anew(by, dossier):
        raise Refused("重新评定由填报人本人或廉政办提出。")
    _no_other_open(dossier)
    table = _edition(dossier, campaign, cause=cause, holder=holder, by=by)
    due = workdays.after(clock.today(), days=DAYS, exceptions=exceptions())
    fresh = create_dossier(
        campaign,
        table=table,
        title=f"{table.post.name}（{table.holder.name}）" if table.post and table.holder else dossier.title,
        stage=Dossier.Stage.WHOLE,
        cause=cause,
        cause_text=text,
        until=until,
        due_on=due,
    )
    record("启动重新评定", subject=fresh, bureau=fresh.bureau, detail={"原因": Cause(cause).label}, by=by)
    return fresh


def _newest(dossier: Dossier) -> Campaign:
    found: Campaign | None = Campaign.objects.in_bureau(dossier.bureau).order_by("-year").first()
    assert found is not None
    return found


def _no_other_open(dossier: Dossier) -> None:
    """One open form at a time: what has changed is written there."""
    same = Dossier.objects.in_bureau(dossier.bureau).filter(kind=dossier.kind, unit=dossier.unit_id)
    if dossier.table.post_id:
        same = same.filter(table__post=dossier.table.post_id)
    approved = Q(stage=Dossier.Stage.FINDING, state__in=APPROVED)
    if same.exclude(approved | Q(state__in=SETTLED)).exists():
        raise Refused("还有一份表正在办理，请直接在那份表中修改。")


def _edition(dossier: Dossier, campaign: Campaign, *, cause: str, holder: User | None, by: User) -> RiskTable:
    """The new table; a change of holder happens on the post first."""
    post = dossier.table.post
    person = dossier.table.holder
    if cause == Cause.HOLDER:
        if post is None or holder is None:
            raise Refused("请选择接任的人员。")
        if holder == person:
            raise Refused("接任的人员就是现任人员，请重新选择。")
        take_over(post, person=holder, by=by)
        person = holder
    return create_edition(dossier.table, year=campaign.year, holder=person, by=by)


@transaction.atomic
def abolish_post(post: Post, *, reason: str, by: User) -> int:
    """The end of a post: its open forms become void, what is in force lapses, nothing is deleted; how many."""
    if not reason.strip():
        raise Refused("请写明撤销的原因和依据。")
    ended = 0
    said = Said(opinion=reason)
    for dossier in Dossier.objects.in_bureau(post.bureau).filter(table__post=post).order_by("pk"):
        ending = next((step for step in flow_of(dossier).steps(dossier) if step.action in ("void", "lapse")), None)
        if ending is not None:
            move(dossier, ending.action, version=dossier.version, said=said, by=by)
            ended += 1
    close_post(post, by=by)
    return ended
