"""A warning as the plain strings and dicts that its page prints; reads only."""

from typing import Any

from assessments.views.present import day, lamp, moment
from early_warning.models import State, WarningNotice
from early_warning.papers import measures_of, review_line
from early_warning.rules import BEFORE_ISSUE
from lianzheng import clock
from lianzheng.attachments.actions import attached_to
from lianzheng.organisation.models import User

WAY = (
    (State.DRAFT, "拟稿"),
    (State.APPROVING, "签发"),
    (State.ISSUED, "签收"),
    (State.SIGNED, "回告"),
    (State.RECTIFYING, "整改"),
    (State.REVIEWING, "复核"),
    (State.CLOSED, "销号"),
)
ALIKE = {State.LEADER: State.APPROVING, State.SECOND: State.REVIEWING}
TONES = {State.CLOSED: "ok", State.VOID: "neutral", State.DRAFT: "info"}
BACK = ("return", "fail", "void", "refuse")


def head(warning: WarningNotice) -> dict[str, Any]:
    """Colour, state, limit and the way."""
    state = State(warning.state)
    return {
        "colour": {"rank": warning.colour, "word": warning.get_colour_display()},
        "tag": {"text": state.label, "tone": TONES.get(state, "attention")},
        "lamp": lamp(warning.due_on, today=clock.today()),
        "steps": steps(warning),
    }


def steps(warning: WarningNotice) -> list[dict[str, str]]:
    place = ALIKE.get(State(warning.state), State(warning.state))
    order = [state for state, _ in WAY]
    here = order.index(place) if place in order else len(order)
    end = len(order) - 1
    return [
        {"label": label, "state": "done" if n < here or n == here == end else "now" if n == here else "todo"}
        for n, (_, label) in enumerate(WAY)
    ]


def facts(warning: WarningNotice, *, inside: bool) -> list[dict[str, str]]:
    """What the notice says; `inside`: also what led to it, which the subject does not read."""
    found = [
        ("文号", warning.number),
        ("预警对象", f"{warning.get_kind_display()}：{warning.called}"),
        ("承办人", warning.answerer.name if warning.answerer else "没有系统账号，纸质送达"),
        ("信息来源类别", warning.get_source_display()),
        ("存在的廉政风险", warning.facts),
        ("涉及风险点", "\n".join(warning.points.values_list("name", flat=True))),
        ("研判意见", warning.opinion),
        ("处置方式", measures_of(warning)),
        ("整改要求", warning.demands),
        ("联系人、电话", f"{warning.contact} {warning.phone}".strip()),
        ("抄送", warning.copies),
        ("签发", f"{warning.issued_by.name} {day(warning.issued_on)}" if warning.issued_by else ""),
        (
            "送达",
            f"{warning.get_service_display()} {warning.signer} {day(warning.served_on)}" if warning.served_on else "",
        ),
    ]
    if inside:
        found.append(("建议颜色", f"{warning.get_suggested_display()}（{warning.suggested_why}）"))
        found.append(("定色理由", warning.colour_why))
    return [{"term": term, "text": text} for term, text in found if text]


def limits(warning: WarningNotice) -> list[dict[str, str]]:
    """The limits with what was met."""
    rows = (
        ("签收期限", warning.sign_by, warning.served_on),
        ("书面回告期限", warning.reply_by, warning.replied_on),
        ("整改期限", warning.finish_by, warning.reported_on),
    )
    return [{"term": term, "text": f"{day(by)}，{day(done)}已办" if done else day(by)} for term, by, done in rows if by]


def changes(warning: WarningNotice) -> list[str]:
    """提级 and 延期 in sentences."""
    lines = [
        f"{day(c.confirmed_on)} {c.confirmed_by.name}确认由{c.get_before_display()}"
        f"提级为{c.get_after_display()}：{c.reason}"
        for c in warning.changes.select_related("confirmed_by")
    ]
    extension = getattr(warning, "extension", None)
    if extension:
        asked = f"申请整改期限由 {day(extension.before)} 延长至 {day(extension.until)}：{extension.reason}"
        lines.append(f"{asked}（{extension.get_state_display()}）")
    return lines


def items(warning: WarningNotice) -> list[dict[str, Any]]:
    """Items with their evidence."""
    rows = warning.items.prefetch_related("evidence")
    return [
        {
            "record": item,
            "id": str(item.pk),
            "number": n,
            "measure": item.measure,
            "responsible": item.responsible,
            "due": day(item.due_on),
            "result": item.result,
            "files": [_file(proof) for proof in item.evidence.all()],
        }
        for n, item in enumerate(rows, start=1)
    ]


def _file(proof: Any) -> dict[str, Any]:
    kept = attached_to(proof).first()
    return {
        "id": str(proof.pk),
        "name": kept.name if kept else "",
        "size": f"{kept.size // 1024 + 1} KB" if kept else "",
    }


def reviews(warning: WarningNotice) -> list[str]:
    return [f"{review_line(review)}（{moment(review.at)}）" for review in warning.reviews.select_related("reviewer")]


def timeline(warning: WarningNotice, *, inside: bool) -> list[dict[str, str]]:
    """Newest first; who may not see what led to the notice sees it from its issue on."""
    said = {note.seq: note.text for note in warning.remarks.all()}
    moves = warning.moves.select_related("by").order_by("-seq")
    return [
        {
            "label": move.label,
            "who": move.by.name,
            "hat": move.hat,
            "at": moment(move.at),
            "opinion": said.get(move.seq, ""),
            "due": day(move.due_on),
            "tone": "back" if move.action in BACK else "ok",
        }
        for move in moves
        if inside or (move.source not in BEFORE_ISSUE or move.action == "issue")
    ]


def reads_inside(warning: WarningNotice, user: User) -> bool:
    """The subject reads the notice, not how it came about."""
    return warning.answerer_id != user.pk
