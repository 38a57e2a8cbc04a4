"""What must be true before a step of a warning; each need answers with a sentence, or None."""

from datetime import date

from early_warning.models import Extension, WarningNotice, WarningReview
from lianzheng import clock
from lianzheng.flow import Said


def words(said: Said) -> str:
    """What was typed with the step; it travels in the facts, because the log keeps no words of a warning in plain."""
    return str(said.facts.get("words", "")).strip()


def drafted(warning: WarningNotice, said: Said) -> str | None:
    lacking = [
        label
        for label, text in (
            ("存在的廉政风险", warning.facts),
            ("整改要求", warning.demands),
            ("定色理由", warning.colour_why),
            ("联系电话", warning.phone),
        )
        if not text.strip()
    ]
    return f"通知书还没有写完：{'、'.join(lacking)}。" if lacking else None


def subject_stands(warning: WarningNotice, said: Said) -> str | None:
    if not warning.unit.active:
        return "预警对象所在的机构已经撤销，请作废后按新的机构重新拟稿。"
    return None


def explained(warning: WarningNotice, said: Said) -> str | None:
    return None if words(said) else "请写明理由。"


def noted(warning: WarningNotice, said: Said) -> str | None:
    """销号说明: what was found mended."""
    return None if words(said) else "请写明复核意见。"


def served_properly(warning: WarningNotice, said: Said) -> str | None:
    day, signer = said.facts.get("served_on"), str(said.facts.get("signer", "")).strip()
    if not signer:
        return "请填写签收人。"
    if not isinstance(day, date):
        return "请填写送达日期。"
    if warning.issued_on and day < warning.issued_on:
        return f"送达日期不能早于签发日期 {warning.issued_on:%Y-%m-%d}。"
    return "送达日期不能晚于今天。" if day > clock.today() else None


def answered(warning: WarningNotice, said: Said) -> str | None:
    """书面回告: causes and at least one item (预警防控暂行办法 第十九条: 及时剖析、制定措施、书面报告)."""
    written = getattr(warning, "rectification", None)
    if written is None or not written.causes.strip():
        return "请先填写成因剖析。"
    return None if warning.items.exists() else "请至少填写一条整改措施。"


def all_done(warning: WarningNotice, said: Said) -> str | None:
    left = sum(not item.result.strip() for item in warning.items.all())
    return f"还有 {left} 条整改措施没有填写完成情况。" if left else None


def first_of_two(warning: WarningNotice, said: Said) -> str | None:
    return "请选择复核结论。" if said.facts.get("passed") not in (True, False) else None


def both_passed(warning: WarningNotice, said: Said) -> str | None:
    """One reviewer who finds it wanting is enough to send it back."""
    first = warning.reviews.filter(round=warning.failures + 1, seat=WarningReview.Seat.FIRST).first()
    if first is not None and first.passed:
        return None
    return "第一复核人的结论是不合格，请退回整改；意见不一致的，请先协商一致。"


def due_again(warning: WarningNotice, said: Said) -> str | None:
    if said.due_on is None:
        return "请填写重新整改的期限。"
    return "重新整改的期限不能早于今天。" if said.due_on < clock.today() else None


def extension_asked_once(warning: WarningNotice, said: Said) -> str | None:
    if Extension.objects.in_bureau(warning.bureau).filter(warning=warning).exists():
        return "延期只能申请一次。"
    until = said.facts.get("until")
    if not isinstance(until, date):
        return "请填写申请延长到哪一天。"
    if warning.finish_by and until <= warning.finish_by:
        return f"延长后的期限须晚于原期限 {warning.finish_by:%Y-%m-%d}。"
    return None
