"""A bureau in which each kind of record exists once, with the arguments of every address that leads to one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpResponse
from django.urls import reverse

from assessments.actions import open_calendar, refresh_duties
from assessments.models import Dossier, DutyInstance, Filing, PublicNotice, State
from assessments.notice_files import paper_of
from early_warning.actions import draft_bulletin, issue_bulletin
from lianzheng import clock
from lianzheng.attachments.actions import attach
from lianzheng.attachments.check import scan_of
from lianzheng.attachments.models import Attachment
from lianzheng.desk.models import Package, PackageFile
from lianzheng.organisation.actions import add_criterion, ask_grant
from lianzheng.organisation.models import Deputy
from lianzheng.organisation.roles import role
from registers.actions.powers import save_power
from tests.addresses import ALLOWED, NOTICE, PLAIN
from tests.cast import SINCE, Cast, Round, client_of
from tests.early_warning.play import arguments_of_warnings


@dataclass(frozen=True)
class World:
    """The round, and name of an address -> its arguments."""

    year: Round
    full: dict[str, dict[str, Any]]

    @property
    def cast(self) -> Cast:
        return self.year.cast


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens here did not happen: the next request finds the same world."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def send(client: Any, name: str, arguments: dict[str, Any]) -> HttpResponse:
    """The address by its own method."""
    url = reverse(name, kwargs=arguments)
    with undone():
        response: Any = client.get(url) if ALLOWED[name][0] == "GET" else client.post(url)
        if response.streaming:  # read to its end, where its file is closed
            assert b"".join(response.streaming_content)
    answer: HttpResponse = response
    return answer


def ask(world: World, name: str, person: str | None, arguments: dict[str, Any] | None = None) -> HttpResponse:
    """The same by a person, or by nobody."""
    client = client_of(world.cast[person] if person else None)
    return send(client, name, world.full[name] if arguments is None else arguments)


def filed(year: Round) -> tuple[Filing, Filing]:
    """One filing that was sent, one that was recorded from paper; laid before the desk by hand."""
    for title in ("县住建局", "办公室"):
        rows = Dossier.unscoped.filter(campaign=year.campaign, title=title)
        rows.update(state=State.FILING, route="county.bureau.finding")
    sent = year.send([year.dossier("县住建局")])
    return sent, year.file_on_paper([year.campaign.dossiers.get(title="办公室")])


ASKED: dict[str, Any] = {"takes": False, "reason": "分工调整"}
PDF = b"%PDF-1.4 evidence %%EOF"


def deputation(cast: Cast) -> Deputy:
    """One that has ended, so that it changes nobody's rights here."""
    long_ago = {"since": SINCE, "until": SINCE, "role": "section_head", "unit": cast.units["建筑业股"]}
    row: Deputy = Deputy.objects.create(
        bureau=cast.bureau, principal=cast["李四"], deputy=cast["陈九"], made_by=cast["李四"], **long_ago
    )
    return row


def everything(year: Round) -> dict[str, dict[str, Any]]:
    """URL arguments of every address, for a year in which each kind of record is made here."""
    finding = year.own
    point = year.fill(finding)[0]
    section = year.dossier("建筑业股")
    rating = year.rating("质量监督岗")
    year.bring(rating, State.NOTICE)
    notice = year.publish([rating])
    objection, _ = year.objection(notice)
    campaign = {"pk": year.campaign.pk}
    own = {"pk": finding.pk}
    row = own | {"row": point.pk}
    scheme = {"pk": year.campaign.scheme_id}
    line = add_criterion(year.cast.bureau, kind="post", rank=1, text="审批权", by=year.cast["王五"])
    return {
        **{name: {} for name in PLAIN},
        "authority_of": {"pk": year.cast.bureau.pk},
        "authority_file": {"pk": year.cast.bureau.pk, "form": "xlsx"},
        **dict.fromkeys(("years", "rate_anew", "abolish"), own),
        **dict.fromkeys(("appraise", "review_row"), row),
        "criterion": {"pk": line.pk},
        **dict.fromkeys(
            ("dossier", "check", "step", "rows", "report_level", "library", "library_take", "changes"), own
        ),
        **dict.fromkeys(("intake", "intake_template", "intake_take"), own),
        **dict.fromkeys(("ratings_intake", "ratings_template", "ratings_take"), own),
        **dict.fromkeys(("intake_columns", "intake_paste", "intake_undo"), own),
        **dict.fromkeys(("scheme", "scheme_activate", "scheme_discard"), scheme),
        **dict.fromkeys(("campaign", "open_rating", "meeting_new", "notices", "notice_new", "filing"), campaign),
        **dict.fromkeys(("campaign_remind", "campaign_close", "campaign_reopen"), campaign),
        "handover": {"pk": year.cast["张三"].pk},
        **{name: {} for name in ("handovers", "deputies", "batch", "batch_confirm", "batch_take")},
        "deputy_revoke": {"pk": deputation(year.cast).pk},
        "inbox": {"tab": "todo"},
        **arguments_of_accounts(year.cast),
        "row": row,
        "grade": row,
        "sheet": own | {"code": "1", "form": "xlsx"},
        "rollup": {"pk": section.pk},
        "roll": {"pk": section.pk},
        **arguments_of_decisions(year, rating),
        "filing_paper": campaign,
        **{name: {"pk": notice.pk} for name in NOTICE},
        "notice_rule": campaign,
        "notice_file": {"pk": notice.pk, "form": "xlsx"},
        "objection": {"pk": objection.pk},
        **arguments_of_time(year),
        "calendar_feed": {"secret": open_calendar(by=year.cast["张三"])},
        **arguments_of_papers(year, notice),
        **arguments_of_warnings(year.cast),
    }


def arguments_of_papers(year: Round, notice: PublicNotice) -> dict[str, dict[str, Any]]:
    """Papers that went out, those that are drafted or packed, and a line of the list of powers."""
    paper = paper_of(notice)
    signed = attach(scan_of(PDF), to=paper, name="签字盖章扫描件", by=year.cast["王五"])
    return {
        "verify_paper": {"token": paper.token},
        "issued_paper": {"pk": paper.pk},
        "issued_scan": {"pk": paper.pk, "attachment": signed.pk},
        "report": {"pk": year.campaign.pk, "form": "docx"},
        **dict.fromkeys(("power", "power_retire"), power_of(year)),
        **dict.fromkeys(("package", "package_cancel", "package_file", "package_resume"), package_of(year)),
    }


def arguments_of_accounts(cast: Cast) -> dict[str, dict[str, Any]]:
    """A person, and a role that was asked for and waits."""
    unit, by = cast.units["建筑业股"], cast["管理员"]
    asked = ask_grant(role("informant"), unit=unit, person=cast["陈九"], **ASKED, by=by)
    staff = {key: {"pk": cast.bureau.pk} for key in ("staff", "staff_template", "staff_take", "staff_slips")}
    return staff | {"person_act": {"pk": cast["张三"].pk}, "grant_decide": {"pk": asked.pk}}


def arguments_of_decisions(year: Round, rating: Dossier) -> dict[str, dict[str, Any]]:
    """The meeting that decided this rating, and filings sent and on paper."""
    rating.refresh_from_db()
    assert rating.meeting is not None
    meeting = {"pk": rating.meeting.pk}
    sent, on_paper = filed(year)
    case = {"pk": sent.pk}
    scan = Attachment.unscoped.get(subject=on_paper.pk)
    return {
        "meeting": meeting,
        "minutes": meeting | {"form": "xlsx"},
        **dict.fromkeys(("filing_case", "filing_accept", "filing_back"), case),
        "filing_document": case | {"paper": "letter"},
        "filing_scan": {"pk": on_paper.pk, "attachment": scan.pk},
    }


def package_of(year: Round) -> dict[str, Any]:
    """A package that is ready, made up: how one is made is tested elsewhere."""
    facts = {"bureau": year.cast.bureau, "state": Package.State.PARTLY, "keep_until": clock.today()}
    package = Package.objects.create(campaign=year.campaign, asked_by=year.cast["王五"], site="", **facts)
    content = {"content": b"", "sha256": "0" * 64, "made_at": Now()}
    PackageFile.objects.create(
        bureau=year.cast.bureau, package=package, order=1, name="清单.txt", source="list", form="txt", **content
    )
    return {"pk": package.pk}


def power_of(year: Round) -> dict[str, Any]:
    values = {"section": "建筑业股", "name": "施工许可", "power_kind": "license", "basis": "", "posts": ""}
    return {"pk": save_power(year.cast.bureau, power=None, version=0, values=values, by=year.cast["王五"]).pk}


def duty_of(year: Round) -> DutyInstance:
    """A turn of 张三's post, whose level is put in force by hand."""
    rows = Dossier.unscoped.filter(pk=year.own.pk)
    before = rows.values("stage", "state", "decided_rank", "in_force_on").get()
    rows.update(stage="whole", state=State.IN_FORCE, decided_rank=1, in_force_on=clock.today())
    refresh_duties(year.cast.bureau, by=None)
    rows.update(**before)
    found: DutyInstance = DutyInstance.unscoped.filter(code="self_check", person=year.cast["张三"]).get()
    return found


def arguments_of_time(year: Round) -> dict[str, dict[str, Any]]:
    """Duties with a piece of evidence, and an issued bulletin."""
    turn, office = duty_of(year), year.cast["王五"]
    proof = attach(scan_of(PDF), to=turn, name="佐证材料", by=office)
    bulletin = draft_bulletin(year.cast.bureau, span="half", year=clock.today().year, turn=1, by=office)
    issue_bulletin(bulletin, version=1, by=office)
    lists = ("duties", "duty_board", "calendar_key", "overview", "overdue", "reminders", "warning_limits", "bulletins")
    return {
        **{name: {} for name in (*lists, "bulletin_new")},
        **{name: {"pk": turn.pk} for name in ("duty", "duty_evidence", "duty_signal")},
        "duty_evidence_file": {"pk": turn.pk, "proof": proof.pk},
        **{name: {"pk": bulletin.pk} for name in ("bulletin", "bulletin_issue", "bulletin_file")},
    }
