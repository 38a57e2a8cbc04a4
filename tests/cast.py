"""The fixed cast of the tests and their way through the round: everything here is made by the product's own actions.

A county bureau with one full section, a second bureau from which the stranger comes, and the county above both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.test import Client

from assessments import actions
from assessments.actions.objections import receipt_digest
from assessments.models import Campaign, Dossier, Filing, Meeting, Objection, PublicNotice, State
from lianzheng import clock
from lianzheng.accounts import sessions
from lianzheng.attachments.check import Scan
from lianzheng.flow import Said, move
from lianzheng.organisation.actions import (
    add_criterion,
    apply_criterion,
    create_post,
    create_unit,
    grant,
    shift_demo,
    start_tenure,
)
from lianzheng.organisation.models import Post, Unit, User
from lianzheng.organisation.roles import role
from registers.actions import add_points
from registers.models import RiskPoint

SINCE = date(2022, 3, 1)
YEAR = 2026

ROW: Mapping[str, Any] = {
    "power": "施工许可审批",
    "risk_type": "duty",
    "name": "审批把关不严",
    "manifestation": "对申报资料审查不严，为不符合条件的项目办理许可。",
    "measures": "实行双人审查，逐项核对清单并留痕。\n每季度抽查已办结事项。",
    "responsible": "张三",
}
GRADES = {"importance": 4, "discretion": 4, "probability": 3, "harm": 3, "mechanism": 3, "history": 3}
"""68 points, level two: «排查工作的报告», 项目审批."""

PEOPLE = {
    "张三": "建筑业股/施工许可岗",
    "陈九": "建筑业股/质量监督岗",
    "李四": "建筑业股/股长",
    "王五": "办公室/办公室主任",
    "钱七": "局领导/副局长",
    "孙八": "局领导/局长",
    "赵六": "局领导/纪检组长",
    "周一": "县领导小组/办公室干部",
    "吴二": "县领导小组/组长",
    "郑十": "县纪委监委/备案干部",
    "外人": "水政股/水政岗",
    "管理员": "",
    "安全员": "",
    "审计员": "",
}
ROLES = (
    ("李四", "section_head", "建筑业股"),
    ("钱七", "vice_leader", "县住建局"),
    ("孙八", "leader", "县住建局"),
    ("王五", "office", "县住建局"),
    ("赵六", "inspector", "县住建局"),
    ("周一", "county_office", "云县"),
    ("吴二", "county_group", "云县"),
    ("郑十", "filing_body", "县纪委监委"),
    ("外人", "office", "县水利局"),
    ("外人", "leader", "县水利局"),
    ("外人", "section_head", "水政股"),
    ("管理员", "administrator", "县住建局"),
    ("安全员", "security", "县住建局"),
    ("审计员", "auditor", "县住建局"),
)


@dataclass
class Cast:
    """Everybody by name, every unit by name, every post by `section/post`."""

    people: dict[str, User] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)

    def __getitem__(self, name: str) -> User:
        return self.people[name]

    @property
    def bureau(self) -> Unit:
        return self.units["县住建局"]

    @property
    def other(self) -> Unit:
        return self.units["县水利局"]


def assemble(workflow: str = Unit.Workflow.COUNTY) -> Cast:
    """Make the whole cast; `workflow` is the first bureau's."""
    cast = Cast()
    kinds = Unit.Kind
    county = _unit(cast, "云县", kinds.REGION, None)
    _unit(cast, "县领导小组", kinds.AUTHORITY, county)
    _unit(cast, "县纪委监委", kinds.AUTHORITY, county)
    bureau = _unit(cast, "县住建局", kinds.BUREAU, county, workflow=workflow, **_OFFICIAL)
    _unit(cast, "局领导", kinds.LEADERSHIP, bureau, order=1)
    _unit(cast, "建筑业股", kinds.SECTION, bureau, order=2, duties="负责建筑市场监管。")
    _unit(cast, "办公室", kinds.SECTION, bureau, order=3, duties="负责机关日常运转。")
    other = _unit(cast, "县水利局", kinds.BUREAU, county, workflow=Unit.Workflow.COUNTY, **_OFFICIAL)
    _unit(cast, "水政股", kinds.SECTION, other, order=1)
    for order, (name, place) in enumerate(PEOPLE.items(), start=1):
        _person(cast, name, place, order=order)
    for name, code, unit in ROLES:
        grant(role(code), unit=cast.units[unit], to=cast[name], by=None)
    return cast


_OFFICIAL = {"meeting_name": "局办公会议", "filing_body": "县纪委监委"}


def _unit(cast: Cast, name: str, kind: str, parent: Unit | None, **values: Any) -> Unit:
    cast.units[name] = create_unit(name, kind=kind, parent=parent, by=None, **values)
    return cast.units[name]


def _person(cast: Cast, name: str, place: str, *, order: int) -> None:
    """Nobody has a password but who gets one in a test: hashing is slow by design."""
    cast.people[name] = User.objects.create_user(f"user{order:02}", name=name, political="中共党员")
    if place:
        unit, post = place.split("/")
        cast.posts[place] = create_post(
            cast.units[unit], name=post, order=order, by=None, duties=f"{post}的职责。", powers=f"{post}的职权。"
        )
        start_tenure(cast[name], post=cast.posts[place], since=SINCE, by=None)


def client_of(user: User | None, *, factor: bool = True, **options: Any) -> Client:
    """A browser in which this person has just signed in, with a second factor unless said otherwise."""
    client = Client(**options)
    if user is not None:
        request = HttpRequest()
        request.META["REMOTE_ADDR"] = "192.0.2.1"
        request.session = sessions.SessionStore()
        sessions.begin(request, user, backend="django.contrib.auth.backends.ModelBackend", factor=factor)
        request.session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = str(request.session.session_key)
    return client


def again(user: User) -> User:
    """The person as the next request would load them: without what this one remembers."""
    return User.objects.get(pk=user.pk)


def row(**changes: Any) -> dict[str, Any]:
    """A row that lacks nothing, with these differences."""
    return dict(ROW) | changes


def judge(post: str, *, rank: int) -> None:
    """Put the post of this name under a criterion of this rank."""
    found = Post.unscoped.get(name=post)
    line = add_criterion(found.bureau, kind="post", rank=rank, text=f"{post}应定{rank}级", by=None)
    apply_criterion(found, line=line, by=None)


class Round:
    """One bureau's year: finds its dossiers and plays its people."""

    def __init__(self, cast: Cast, *, year: int = YEAR) -> None:
        self.cast = cast
        self.campaign: Campaign = actions.open_campaign(
            cast.bureau,
            year=year,
            title=f"{year}年度排查",
            finding_due=date(year, 2, 15),
            rating_due=date(year, 2, 25),
            by=cast["王五"],
        )

    def dossier(self, title: str, *, stage: str = "") -> Dossier:
        """The dossier whose title begins so, fresh from the database; the finding unless said otherwise."""
        found = self.campaign.dossiers.filter(title__startswith=title)
        found = found.filter(stage=stage) if stage else found.exclude(stage="rating")
        return found.get()

    @property
    def own(self) -> Dossier:
        """张三's 附件1."""
        return self.dossier("施工许可岗")

    def fill(self, dossier: Dossier, rows: Sequence[Mapping[str, Any]] = (ROW,)) -> list[RiskPoint]:
        return add_points(dossier.table, rows=rows, by=writer_of(dossier, self.cast))

    def take(self, dossier: Dossier, action: str, by: str, **said: Any) -> Dossier:
        """One step by the person of this name, from the dossier as it stands."""
        dossier.refresh_from_db()
        move(dossier, action, version=dossier.version, said=Said(**said), by=again(self.cast[by]))
        return dossier

    def bring(self, dossier: Dossier, state: str) -> Dossier:
        """Fill, hand in and pass by the ordinary people of each desk until the dossier lies in `state`."""
        dossier.refresh_from_db()
        if dossier.state == State.DRAFT and state != State.DRAFT:
            self._prepare(dossier)
        while dossier.state != state:
            action, by = NEXT[dossier.state](dossier)
            getattr(self, f"_{action}", self._step)(dossier, action, by)
            dossier.refresh_from_db()
        return dossier

    def _prepare(self, dossier: Dossier) -> None:
        if dossier.writes_rows and not dossier.table.rows().exists():
            self.fill(dossier)
        if dossier.grades_points:
            self.rate(dossier)

    def _step(self, dossier: Dossier, action: str, by: str) -> None:
        self.take(dossier, action, by, opinion="同意。", facts={"rank": 2} if action == "decide" else {})

    def _publish(self, dossier: Dossier, action: str, by: str) -> None:
        self.publish([dossier])

    def _close(self, dossier: Dossier, action: str, by: str) -> None:
        assert dossier.notice is not None
        self.pass_days((dossier.notice.ends_on - clock.today()).days + 1)
        actions.close_notice(dossier.notice, by=again(self.cast["王五"]))

    def _meet(self, dossier: Dossier, action: str, by: str) -> None:
        self.meet([actions.Decision(dossier, dossier.version, dossier.proposed_rank, Said())], by=by)

    def _send(self, dossier: Dossier, action: str, by: str) -> None:
        self.send([dossier], by=by)

    def _file(self, dossier: Dossier, action: str, by: str) -> None:
        assert dossier.filing is not None
        self.accept(dossier.filing, by=by)

    def rate(self, dossier: Dossier, *, grades: Mapping[str, int] = GRADES, rank: int | None = None) -> None:
        """Grade every point alike and report the proposal (or this rank)."""
        writer = writer_of(dossier, self.cast)
        for point in dossier.table.rows():
            actions.save_rating(dossier, point=point, version=0, grades=grades, reasons={}, by=writer)
        dossier.refresh_from_db()
        actions.report_level(dossier, rank=rank or dossier.proposed_rank or 3, reason="", by=writer)
        dossier.refresh_from_db()

    def rating(self, title: str) -> Dossier:
        """The rating dossier of this finding, which is approved on the way."""
        finding = self.dossier(title)
        if finding.state in (State.DRAFT, State.RETURNED):
            self.bring(finding, State.NOTICE)
        actions.open_rating(self.campaign, by=self.cast["王五"])
        return self.dossier(title, stage="rating")

    def publish(self, dossiers: Sequence[Dossier], **facts: Any) -> PublicNotice:
        values = {"title": "公示", "scope": "bureau", "starts_on": clock.today(), "days": 5, "phone": "0000"}
        chosen = [(dossier, dossier.version) for dossier in dossiers]
        return actions.publish_notice(
            self.campaign, facts=values | {"place": "办公室"} | facts, chosen=chosen, by=again(self.cast["王五"])
        )

    def extend(self, notice: PublicNotice, *, days: int = 8) -> PublicNotice:
        return actions.extend_notice(notice, days=days, reason="意见较多", by=again(self.cast["王五"]))

    def correct(self, notice: PublicNotice, **facts: Any) -> PublicNotice:
        names = ("title", "scope", "days", "phone", "place")
        values = {name: getattr(notice, name) for name in names} | {"starts_on": clock.today()} | facts
        return actions.correct_notice(notice, facts=values, reason="电话写错", by=again(self.cast["王五"]))

    def withdraw(self, notice: PublicNotice) -> int:
        return actions.withdraw_notice(notice, reason="公示范围有误", by=again(self.cast["王五"]))

    def objection(self, notice: PublicNotice, *, state: str = "", **facts: Any) -> tuple[Objection, str]:
        """An objection (answered with `state`, if any) and its receipt number."""
        values = {"content": "第1行与实际不符。", "name": "", "contact": ""} | facts
        receipt = actions.submit_objection(notice, facts=values)
        found = Objection.unscoped.get(receipt_digest=receipt_digest(receipt))
        if state:
            actions.answer_objection(found, state=state, answer="已核实。", by=again(self.cast["赵六"]))
        return found, receipt

    def uphold(self, dossier: Dossier) -> PublicNotice | None:
        """An objection to the dossier's notice, found true, and what follows."""
        assert dossier.notice is not None
        self.objection(dossier.notice, state="upheld")
        said = Said(opinion="请改第1行", reason="inaccurate", due_on=tomorrow())
        return actions.send_objected_back(dossier.notice, dossier=dossier, said=said, by=again(self.cast["王五"]))

    def meet(
        self,
        decisions: Sequence[actions.Decision],
        *,
        number: int = 0,
        by: str = "王五",
        attendees: Sequence[actions.Presence] = (),
        draft: int | None = None,
        **facts: Any,
    ) -> Meeting:
        number = number or self.campaign.meetings.count() + 1
        return actions.record_meeting(
            self.campaign,
            facts=minutes(number, year=self.campaign.year) | facts,
            attendees=attendees or team(self.cast),
            decisions=decisions,
            draft=draft,
            by=again(self.cast[by]),
        )

    def send(self, dossiers: Sequence[Dossier], *, number: str = "", by: str = "王五") -> Filing:
        """报送备案."""
        number = number or f"廉〔{self.campaign.year}〕{self.campaign.filings.count() + 1}号"
        chosen = [(dossier, dossier.version) for dossier in dossiers]
        facts = {"sent_no": number, "note": ""}
        return actions.send_filing(self.campaign, facts=facts, chosen=chosen, by=again(self.cast[by]))

    def accept(self, filing: Filing, *, number: str = "", by: str = "郑十", opinion: str = "") -> Filing:
        """The receipt for what was sent."""
        number = number or self._receipt_no()
        person = again(self.cast[by])
        return actions.accept_filing(filing, receipt_no=number, received_on=clock.today(), opinion=opinion, by=person)

    def answer(self, dossier: Dossier, *, mend: bool, by: str = "郑十") -> Filing:
        """Its filing is sent back: to be mended, or to be sent again."""
        assert dossier.filing is not None
        words: dict[str, Any] = {"opinion": "意见", "reason": "shallow", "due_on": tomorrow()}
        return actions.return_filing(dossier.filing, mend=[dossier] if mend else [], by=again(self.cast[by]), **words)

    def file(self, dossiers: Sequence[Dossier], *, number: str = "") -> Filing:
        """Sent and accepted."""
        return self.accept(self.send(dossiers), number=number)

    def file_on_paper(self, dossiers: Sequence[Dossier], *, number: str = "", by: str = "王五", **facts: Any) -> Filing:
        """The receipt came on paper and was scanned."""
        values = {"receipt_no": number or self._receipt_no(), "received_on": clock.today(), "opinion": ""}
        chosen = [(dossier, dossier.version) for dossier in dossiers]
        scan = Scan(b"%PDF-1.4 a receipt %%EOF", "application/pdf")
        person = again(self.cast[by])
        return actions.record_filing(self.campaign, facts=values | facts, chosen=chosen, scan=scan, by=person)

    def _receipt_no(self) -> str:
        given = self.campaign.filings.exclude(receipt_no="").count()
        return f"备〔{self.campaign.year}〕{given + 1}号"

    def pass_days(self, days: int) -> None:
        """Let days pass as a demo does; takes effect where the test has turned the demo's clock on."""
        shift_demo(days, by=self.cast["王五"])


def minutes(number: int, *, year: int = YEAR) -> dict[str, Any]:
    """The head of the minutes of the n-th meeting."""
    return {
        "name": "局办公会议",
        "number": number,
        "minutes_no": f"〔{year}〕{number}号",
        "held_on": clock.today(),
        "place": "会议室",
        "chair": "孙八",
        "minute_taker": "王五",
    }


def team(cast: Cast) -> list[actions.Presence]:
    """Five who attend: the leaders, and two of whom only the names are known."""
    known = [actions.Presence(name, person=cast[name]) for name in ("孙八", "钱七", "赵六")]
    return [*known, actions.Presence("委员甲"), actions.Presence("委员乙")]


def tomorrow() -> date:
    return clock.today() + timedelta(days=1)


def writer_of(dossier: Dossier, cast: Cast) -> User:
    """Who fills this form in."""
    if dossier.kind == "post":
        assert dossier.holder is not None
        return again(dossier.holder)
    return again(cast["李四"] if dossier.kind == "section" else cast["王五"])


def _writer(dossier: Dossier) -> str:
    if dossier.kind == "post":
        return str(dossier.holder)
    return "李四" if dossier.kind == "section" else "王五"


# State -> what its ordinary desk does there, and who that is for the dossiers of 建筑业股 and of the bureau.
NEXT: dict[str, Any] = {
    State.DRAFT: lambda dossier: ("submit", _writer(dossier)),
    State.RETURNED: lambda dossier: ("submit", _writer(dossier)),
    State.SECTION: lambda dossier: ("pass", "李四"),
    State.VICE: lambda dossier: ("pass", "钱七"),
    State.OFFICE: lambda dossier: ("pass", "王五"),
    State.INSPECTOR: lambda dossier: ("pass", "赵六"),
    State.LEADER: lambda dossier: ("pass", "孙八"),
    State.MEETING: lambda dossier: ("meet", "孙八" if dossier.holder.name == "王五" else "王五"),
    State.COUNTY_OFFICE: lambda dossier: ("pass", "周一"),
    State.COUNTY_GROUP: lambda dossier: ("decide", "吴二"),
    State.NOTICE: lambda dossier: ("publish", "王五"),
    State.PUBLISHED: lambda dossier: ("close", "王五"),
    State.FILING: lambda dossier: ("send", "王五"),
    State.FILING_SENT: lambda dossier: ("file", "郑十"),
}
