"""Duties that follow from a level (domain table, «…廉政风险预警防控暂行办法» 第十四条 and «…实施方案»); pure.

The table is declared once: calendar, pages, forms, feed and tests read it. What happens on an event only is in EVENTS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from lianzheng import workdays
from lianzheng.workdays import Exceptions

TOWNSHIP = "township"


class Every(StrEnum):
    """How often."""

    MONTH = "month"
    HALF = "half"
    YEAR = "year"
    TWO_YEARS = "two_years"
    TENURE = "tenure"


class Owner(StrEnum):
    """Who sees to it."""

    HOLDER = "holder"
    SECTION_HEAD = "section_head"
    OFFICE = "office"
    INSPECTOR = "inspector"


HEAVY: Mapping[int, Every] = {1: Every.HALF, 2: Every.YEAR, 3: Every.YEAR}
"""高级每半年、中低级每年: the rhythm of 第十四条（一）（二）（四）."""
YEARLY: Mapping[int, Every] = dict.fromkeys((1, 2, 3), Every.YEAR)
HALF_YEARLY: Mapping[int, Every] = dict.fromkeys((1, 2, 3), Every.HALF)
MONTHLY: Mapping[int, Every] = dict.fromkeys((1, 2, 3), Every.MONTH)
RULES, PLAN = "《预警防控暂行办法》", "《排查工作实施方案》"


@dataclass(frozen=True)
class Duty:
    """A line of the table. `due` fixes month and day within the year, otherwise the last working day of the period;
    `title_half` names the first half-year's turn where it has a name of its own."""

    code: str
    title: str
    kinds: tuple[str, ...]
    owner: Owner
    rhythm: Mapping[int, Every]
    form: str
    source: str
    evidence: str = ""
    due: tuple[int, int] | None = None
    township_due: tuple[int, int] | None = None
    title_half: str = ""


DUTIES: tuple[Duty, ...] = (
    Duty(
        "charts", "权力运行流程图公示", ("bureau",), Owner.OFFICE, YEARLY, "record",
        "《廉政风险排查知识》流程图公示在先、排查在后", "公示稿", due=(1, 31),
    ),
    Duty(
        "finding", "查找廉政风险，制定预警方案", ("post",), Owner.HOLDER, YEARLY, "round",
        f"{RULES}第十四条（一）；{PLAN}附件1报初审", due=(2, 15), township_due=(1, 31),
    ),
    Duty(
        "finding", "查找廉政风险，制定预警方案", ("section",), Owner.SECTION_HEAD, YEARLY, "round",
        f"{RULES}第十四条（一）；{PLAN}附件2报初审", due=(2, 15), township_due=(1, 31),
    ),
    Duty(
        "rating", "风险等级评定", ("post",), Owner.HOLDER, YEARLY, "round",
        f"{RULES}第十三条一年一评定；{PLAN}附件4上报", due=(2, 25),
    ),
    Duty(
        "rating", "风险等级评定", ("section",), Owner.SECTION_HEAD, YEARLY, "round",
        f"{RULES}第十三条一年一评定；{PLAN}附件5上报", due=(2, 25),
    ),
    Duty(
        "self_check", "预警方案落实情况自查", ("post",), Owner.HOLDER, HEAVY, "report",
        f"{RULES}第十四条（一）", "自查报告",
    ),
    Duty(
        "self_check", "预警方案落实情况自查", ("section",), Owner.SECTION_HEAD, HEAVY, "report",
        f"{RULES}第十四条（一），高级股室的自查报告报纪委备案", "自查报告",
    ),
    Duty(
        "inspection", "预警防控检查和专题谈话", ("section",), Owner.INSPECTOR, HEAVY, "talk",
        f"{RULES}第十四条（二）", "检查、谈话记录",
    ),
    Duty(
        "conference", "预警防控工作会议", ("bureau",), Owner.OFFICE, HALF_YEARLY, "meeting",
        f"{RULES}第十四条（二）", "会议记录",
    ),
    Duty(
        "vote", "民主评议", ("bureau",), Owner.INSPECTOR, HEAVY, "vote",
        f"{RULES}第十四条（四）", "评议票汇总",
    ),
    Duty(
        "audit", "内部审计", ("section",), Owner.OFFICE,
        {1: Every.YEAR, 2: Every.TWO_YEARS, 3: Every.TWO_YEARS}, "audit", f"{RULES}第十四条（五）", "审计报告",
    ),
    Duty(
        "rotation", "交流轮岗", ("post", "section"), Owner.OFFICE, {1: Every.TENURE}, "rotation",
        f"{RULES}第十四条（六）",
    ),
    Duty(
        "month_check", "廉政风险月查", ("section",), Owner.OFFICE, MONTHLY, "check",
        f"{PLAN}防范承诺、防控措施落实情况月查",
    ),
    Duty(
        "appraisal", "年终考核", ("section",), Owner.OFFICE, HALF_YEARLY, "appraisal",
        f"{PLAN}日常检查、半年和年终考核", title_half="半年考核",
    ),
    Duty(
        "bulletin", "预警情况通报", ("bureau",), Owner.OFFICE, HALF_YEARLY, "record",
        f"{RULES}第十四条（二）；鄂州市经验材料：定期通报", "通报",
    ),
)  # fmt: skip

EVENTS: tuple[tuple[str, str, str], ...] = (
    ("一级风险公示", "每次定级后", "鄂州市经验材料：一级风险向社会公示"),
    ("廉政风险预警书，限期整改", "问题多发、风险增大的股室", f"{RULES}第十四条（二）"),
    ("信访举报初核", "收到高级股室、岗位的信访举报", f"{RULES}第十四条（三）"),
    ("党政联席会议纪要备案", "研究重大事项后", f"{RULES}第十四条（七）"),
    ("职责、制度、流程上墙", "长期", f"{RULES}第十三条"),
    ("监督检查岗位学习法律法规", "每月，由股室组织", "《制度汇编》防控措施三类（一）"),
    ("立案", "发现违法行为后5个工作日内", "《制度汇编》防控措施二类（五）"),
)
"""(what, when, source): what no calendar can date."""


@dataclass(frozen=True)
class Due:
    """One turn of a duty: the key of its period, the words for it, and the last day."""

    duty: Duty
    period: str
    period_words: str
    due_on: date
    title: str = field(default="")


def calendar_of(
    level: int,
    *,
    kind: str,
    year: int,
    since: date,
    exceptions: Exceptions,
    workflow: str = "county",
    tenure_since: date | None = None,
) -> list[Due]:
    """What a post, section or bureau of this level owes in the year, in the order of the days. Nothing is owed for a
    day before the level was in force."""
    found: list[Due] = []
    for duty in DUTIES:
        if kind not in duty.kinds or level not in duty.rhythm:
            continue
        if duty.rhythm[level] == Every.TENURE:
            found += _rotation(duty, tenure_since, year=year, since=since)
        else:
            turns = _turns(duty, duty.rhythm[level], year=year, workflow=workflow, exceptions=exceptions)
            found += [turn for turn in turns if turn.due_on >= since]
    return sorted(found, key=lambda item: (item.due_on, item.duty.code))


def _turns(duty: Duty, every: Every, *, year: int, workflow: str, exceptions: Exceptions) -> Iterable[Due]:
    for period, words, end in _periods(every, year):
        fixed = (duty.township_due if workflow == TOWNSHIP else None) or duty.due
        day = date(year, *fixed) if fixed else end
        title = duty.title_half if duty.title_half and period.endswith("H1") else duty.title
        yield Due(duty, period, words, _on_or_before(day, exceptions=exceptions), title)


def _periods(every: Every, year: int) -> list[tuple[str, str, date]]:
    """Key, words and last calendar day of the periods that end in the year; a pair of years ends in the even one."""
    if every == Every.MONTH:
        return [(f"{year}-{month:02}", f"{year}年{month}月", _last_day(year, month)) for month in range(1, 13)]
    if every == Every.HALF:
        halves = ((1, "上半年", 6), (2, "下半年", 12))
        return [(f"{year}H{n}", f"{year}年{words}", _last_day(year, month)) for n, words, month in halves]
    if every == Every.TWO_YEARS:
        return [] if year % 2 else [(f"{year - 1}-{year}", f"{year - 1}至{year}年", _last_day(year, 12))]
    return [(str(year), f"{year}年", _last_day(year, 12))]


def _last_day(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _on_or_before(day: date, *, exceptions: Exceptions) -> date:
    """A limit that falls on a day of rest is met on the working day before: the period must not be overrun."""
    while not workdays.is_workday(day, exceptions=exceptions):
        day -= timedelta(days=1)
    return day


def months_later(day: date, *, months: int) -> date:
    """The same day of the month so many months on; the last one where the month is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), _last_day(year, month + 1))


ROTATION_MONTHS = ((54, "任职满四年半"), (60, "任职满五年"))
"""五年 is the rule's figure, the half-year's notice is ours."""


def _rotation(duty: Duty, tenure_since: date | None, *, year: int, since: date) -> Iterable[Due]:
    """Both alerts of one tenure. One whose day passed before the level was in force falls due at once, but the early
    one no more once the five years are over."""
    if tenure_since is None:
        return
    early, late = ((months_later(tenure_since, months=months), words) for months, words in ROTATION_MONTHS)
    for (day, words), lapsed in ((early, late[0] <= since), (late, False)):
        due_on = max(day, since)
        if due_on.year == year and not lapsed:
            yield Due(duty, f"{tenure_since:%Y%m%d}/{words[-3:]}", words, due_on, duty.title)


# --- forms -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """A field of a duty's form. `kind`: text, line, date, points (0 to `most`), or one of `choices`."""

    code: str
    label: str
    kind: str = "text"
    must: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    most: int = 0
    help: str = ""


DONE_WORDS = (("yes", "已落实"), ("partly", "部分落实"), ("no", "未落实"))
ROTATION_WORDS = (("done", "已交流轮岗"), ("planned", "已列入交流计划"), ("put_off", "因故暂缓"))
CRITERIA = (
    ("order", "机构健全、责任明确"),
    ("finding", "排查全面准确深入，措施科学有效、落实及时到位"),
    ("records", "信息库健全、材料齐全、公示备案及时规范"),
    ("revision", "及时总结修正风险内容、健全制度"),
)
"""考核的四项标准（实施方案）; it gives no marks, 25 for each is ours."""
SHARE = 25

FORMS: Mapping[str, tuple[Question, ...]] = {
    "round": (),
    "report": (
        Question("carried_out", "预警方案和防控措施落实情况"),
        Question("found", "自查发现的问题", help="没有发现的写“未发现”。"),
        Question("mending", "整改措施", must=False),
        Question("filed_no", "报备文号", "line", must=False, help="高级股室的自查报告报纪委备案后填写。"),
    ),
    "talk": (
        Question("checked_on", "检查日期", "date"),
        Question("checkers", "检查人员", "line"),
        Question("found", "检查情况"),
        Question("talked_on", "谈话日期", "date"),
        Question("talker", "谈话人（班子成员）", "line"),
        Question("talked_with", "谈话对象（股室负责人）", "line"),
        Question("talk", "谈话要点"),
        Question("demands", "整改要求", must=False),
    ),
    "meeting": (
        Question("held_on", "会议日期", "date"),
        Question("chair", "主持人", "line"),
        Question("present", "参会人员"),
        Question("situation", "通报的情况"),
        Question("analysis", "形势分析和部署"),
    ),
    "audit": (
        Question("from_on", "审计期间起", "date"),
        Question("to_on", "审计期间止", "date"),
        Question("auditors", "审计人员", "line"),
        Question("scope", "审计内容"),
        Question("found", "发现的问题", help="没有发现的写“未发现”。"),
        Question("advice", "审计意见和建议"),
    ),
    "check": (
        Question("promise", "防范承诺落实", "choice", choices=DONE_WORDS),
        Question("measures", "防控措施落实", "choice", choices=DONE_WORDS),
        Question("found", "检查情况", must=False, help="有“部分落实”“未落实”的必须写明。"),
        Question("notice_no", "书面整改通知编号", "line", must=False),
    ),
    "rotation": (
        Question("outcome", "办理情况", "choice", choices=ROTATION_WORDS),
        Question("on", "交流日期或计划日期", "date", must=False),
        Question("reason", "说明", must=False, help="暂缓的必须写明原因。"),
    ),
    "appraisal": (
        *(Question(code, words, "points", most=SHARE) for code, words in CRITERIA),
        Question("opinion", "考核意见"),
    ),
    "vote": (
        Question("held_on", "评议日期", "date"),
        Question("voters", "参加评议人员范围", "line"),
    ),
    "record": (
        Question("on", "完成日期", "date"),
        Question("what", "完成情况"),
    ),
}  # fmt: skip
FORM_WORDS = {
    "round": "年度排查表",
    "report": "自查报告",
    "talk": "检查和谈话记录",
    "meeting": "会议记录",
    "audit": "内部审计记录",
    "check": "月查记录",
    "rotation": "轮岗办理",
    "appraisal": "考核表",
    "vote": "民主评议汇总",
    "record": "办理记录",
}


def more_wanted(form: str, answers: Mapping[str, object]) -> dict[str, str]:
    """Field -> sentence where an answer asks for another."""
    if form == "check":
        short = {answers.get("promise"), answers.get("measures")} & {"partly", "no"}
        return {"found": "没有完全落实的，请写明检查情况。"} if short and not answers.get("found") else {}
    if form == "rotation":
        put_off = answers.get("outcome") == "put_off"
        if put_off and not answers.get("reason"):
            return {"reason": "暂缓的，请写明原因。"}
        return {} if put_off or answers.get("on") else {"on": "请填写交流日期或计划日期。"}
    if form == "audit":
        first, last = str(answers.get("from_on", "")), str(answers.get("to_on", ""))
        return {"to_on": "审计期间的止不能早于起。"} if last < first else {}
    return {}


# --- the vote ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ballot:
    """Votes on one section."""

    section: str
    satisfied: int
    fairly: int
    dissatisfied: int

    @property
    def total(self) -> int:
        return self.satisfied + self.fairly + self.dissatisfied

    @property
    def weight(self) -> tuple[int, int]:
        """Votes as a fraction: satisfied counts one, fairly a half (ours; the rule names no measure)."""
        return (2 * self.satisfied + self.fairly, 2 * self.total)


LAST = 3


def last_three(ballots: Iterable[Ballot]) -> list[str]:
    """The sections for 重点执法监察和效能监察 (后三位, 第十四条（四）), those equal to the third included, in the order
    in which they were given, so that no ranking can be read from it; nobody where all are equal."""
    voted = [ballot for ballot in ballots if ballot.total]
    shares = {ballot.section: ballot.weight[0] / ballot.weight[1] for ballot in voted}
    if len(set(shares.values())) < 2:
        return []
    border = sorted(shares.values())[:LAST][-1]
    return [ballot.section for ballot in voted if shares[ballot.section] <= border]
