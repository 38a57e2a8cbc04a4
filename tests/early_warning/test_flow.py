"""A warning's way: who takes which step, what each leaves behind, and what is refused in words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from early_warning import actions
from early_warning.colours import Colour
from early_warning.flow import ROUTES, WARNINGS
from early_warning.models import ColourChange, Extension, Outcome, Remark, State, WarningNotice, WarningReview
from lianzheng import clock
from lianzheng.audit.models import Entry, Snapshot
from lianzheng.flow import NotReady, NotYours, Refused, Stale
from lianzheng.organisation.actions import grant
from lianzheng.organisation.models import Tenure, Unit, User
from lianzheng.organisation.roles import role
from tests.cast import Cast, again
from tests.early_warning.play import INFORMANT, SUMMARY, Case, fresh, subject_of


@pytest.fixture
def case(cast: Cast) -> Case:
    return Case(cast)


def who_may(cast: Cast, warning: WarningNotice, action: str) -> set[str]:
    return {
        name
        for name, person in cast.people.items()
        if any(step.action == action for step in WARNINGS.open_to(warning, again(person)))
    }


def waiting(cast: Cast, warning: WarningNotice) -> set[str]:
    return {
        name
        for name, person in cast.people.items()
        if again(person).is_active and WARNINGS.waiting_for(again(person)).filter(pk=warning.pk).exists()
    }


AT = {
    State.DRAFT: {"赵六"},
    State.APPROVING: {"孙八"},
    State.LEADER: {"孙八"},
    State.ISSUED: {"张三"},
    State.SIGNED: {"张三"},
    State.RECTIFYING: {"张三"},
    State.REVIEWING: {"赵六"},
    State.SECOND: {"王五", "孙八"},
    State.CLOSED: set(),
}


@pytest.mark.parametrize("colour", [Colour.YELLOW, Colour.RED])
def test_warning_waits_for_its_desk_and_nobody_else_at_every_place(case: Case, colour: Colour) -> None:
    warning = case.draft(colour)
    passed = {}
    while True:
        passed[State(warning.state)] = waiting(case.cast, warning)
        if warning.state == State.CLOSED:
            break
        warning = case.onward(warning)
    places = set(AT) if colour == Colour.RED else set(AT) - {State.LEADER}
    assert passed == {state: AT[state] for state in places}


def test_every_way_leads_from_the_draft_to_the_end() -> None:
    for name, steps in ROUTES.items():
        onward = {step.source: step.target for step in steps if step.duty and step.target != step.source}
        place, passed = str(State.DRAFT), []
        while place in onward:
            passed.append(place)
            place = onward[place]
        assert (place, set(onward)) == (State.CLOSED, set(passed)), name


def test_number_is_given_at_issue_and_runs_on_without_a_gap(case: Case) -> None:
    draft = case.draft()
    assert (draft.number, draft.issued_on) == ("", None)
    case.take(draft, "void", "赵六")
    year = clock.today().year
    numbers = [Case(case.cast).bring(State.ISSUED).number for _ in range(3)]
    assert numbers == [f"县住建局廉预〔{year}〕{n}号" for n in (1, 2, 3)]


def test_limits_of_an_issued_warning_follow_its_colour(case: Case) -> None:
    warning = case.bring(State.ISSUED, Colour.ORANGE)
    assert warning.issued_on == clock.today()
    assert (warning.due_on, warning.issued_colour) == (warning.sign_by, Colour.ORANGE)
    assert warning.sign_by < warning.reply_by < warning.finish_by


def test_step_leaves_log_journal_and_snapshot_without_a_word_of_the_matter(case: Case) -> None:
    warning = case.bring(State.SECOND)
    log = warning.moves.order_by("-seq").first()
    entry = Entry.objects.filter(subject=warning.pk).first()
    assert (log.label, log.opinion, log.by) == ("复核", "", case.cast["赵六"])
    assert (entry.act, entry.target, entry.by) == ("廉政预警：复核", State.SECOND, case.cast["赵六"])
    kept = "".join(str(item.content) for item in Snapshot.objects.all())
    said = "".join(f"{item.act}{item.detail}" for item in Entry.objects.all())
    assert [word for word in (SUMMARY, INFORMANT, "清理积压办件") if word in kept + said] == []


def test_informant_is_not_named_by_the_journal(case: Case) -> None:
    entry = Entry.objects.get(act="登记预警信息")
    assert (entry.by, entry.subject) == (None, case.signal.pk)


def test_drafter_may_not_sign_what_he_drafted(case: Case) -> None:
    warning = case.take(case.draft(), "submit", "赵六")
    with pytest.raises(NotYours) as refusal:
        case.take(warning, "issue", "赵六")
    assert refusal.value.sentences == ("这份通知书是您拟稿的，请由他人签发。",)
    grant(role("inspector"), unit=case.cast.bureau, to=case.cast["陈九"], by=None)
    assert who_may(case.cast, warning, "issue") == {"孙八", "陈九"}


def test_red_goes_to_the_head_of_the_bureau_as_well(case: Case) -> None:
    grant(role("inspector"), unit=case.cast.bureau, to=case.cast["陈九"], by=None)
    warning = case.take(case.draft(Colour.RED), "submit", "赵六")
    assert who_may(case.cast, warning, "issue") == set()
    warning = case.take(warning, "approve", "陈九")
    assert (warning.state, who_may(case.cast, warning, "issue")) == (State.LEADER, {"孙八"})


def test_incomplete_notice_is_not_sent_up(case: Case) -> None:
    warning = case.judge()
    assert warning is not None
    with pytest.raises(NotReady) as refusal:
        case.take(warning, "submit", "赵六")
    assert refusal.value.sentences == ("通知书还没有写完：整改要求、定色理由、联系电话。",)


def test_second_reviewer_is_another_person(case: Case) -> None:
    grant(role("inspector"), unit=case.cast.bureau, to=case.cast["陈九"], by=None)
    warning = case.bring(State.REVIEWING)
    warning = case.take(warning, "review", "陈九", passed=True)
    assert who_may(case.cast, warning, "pass") == {"赵六", "王五", "孙八"}
    with pytest.raises(NotYours) as refusal:
        case.take(warning, "pass", "陈九")
    assert refusal.value.sentences == ("复核须由两人分别进行，请由另一人办理。",)


def test_warning_is_not_closed_while_one_of_two_finds_it_wanting(case: Case) -> None:
    warning = case.take(case.bring(State.REVIEWING), "review", "赵六", passed=False)
    with pytest.raises(NotReady) as refusal:
        case.take(warning, "pass", "王五")
    assert refusal.value.sentences == ("第一复核人的结论是不合格，请退回整改；意见不一致的，请先协商一致。",)
    assert fresh(warning).state == State.SECOND


def test_yellow_that_fails_twice_is_raised_by_a_person_and_then_closed(case: Case) -> None:
    warning = case.fail(case.bring(State.REVIEWING))
    assert (warning.failures, warning.raise_due) == (1, False)
    warning = case.fail(warning)
    assert (warning.failures, warning.raise_due, warning.colour) == (2, True, Colour.YELLOW)
    assert who_may(case.cast, warning, "raise") == {"赵六"}
    warning = case.take(warning, "raise", "赵六")
    change = ColourChange.unscoped.get()
    assert (warning.colour, warning.issued_colour, warning.raise_due) == (Colour.ORANGE, Colour.YELLOW, False)
    assert (change.before, change.after, change.reason) == (Colour.YELLOW, Colour.ORANGE, "意见")
    assert (warning.disposal, warning.admonition, warning.feedbacks) == ("order", "supervise", ["notice"])
    while warning.state != State.CLOSED:
        warning = case.onward(warning)
    reviews = WarningReview.unscoped.filter(warning=warning).values_list("round", "seat", "passed")
    assert list(reviews) == [(1, 1, False), (1, 2, False), (2, 1, False), (2, 2, False), (3, 1, True), (3, 2, True)]
    assert (warning.closed_on, warning.due_on) == (clock.today(), None)


def test_proposal_to_raise_may_be_declined_with_a_reason(case: Case) -> None:
    warning = case.fail(case.fail(case.bring(State.REVIEWING)))
    with pytest.raises(NotReady):
        case.take(warning, "keep", "赵六", words="")
    warning = case.take(warning, "keep", "赵六")
    assert (warning.colour, warning.raise_due) == (Colour.YELLOW, False)


def test_orange_is_raised_to_red_by_the_head_of_the_bureau_alone(case: Case) -> None:
    warning = case.fail(case.fail(case.bring(State.REVIEWING, Colour.ORANGE)))
    assert who_may(case.cast, warning, "raise") == {"孙八"}


def test_red_that_fails_twice_has_no_colour_above_it(case: Case) -> None:
    warning = case.fail(case.fail(case.bring(State.REVIEWING, Colour.RED)))
    assert (warning.failures, warning.raise_due) == (2, False)


def test_extension_is_asked_once_and_decided_by_who_issued(case: Case) -> None:
    warning = case.bring(State.RECTIFYING)
    until = warning.finish_by + timedelta(days=10)
    warning = case.take(warning, "extend", "张三", until=until)
    assert waiting(case.cast, warning) == {"张三", "孙八"}
    warning = case.take(warning, "grant", "孙八")
    assert (warning.finish_by, warning.due_on) == (until, until)
    assert Extension.unscoped.get().state == Extension.State.GRANTED
    with pytest.raises(NotReady) as refusal:
        case.take(warning, "extend", "张三", until=until + timedelta(days=1))
    assert refusal.value.sentences == ("延期只能申请一次。",)


def test_extension_must_be_later_than_the_limit(case: Case) -> None:
    warning = case.bring(State.RECTIFYING)
    with pytest.raises(NotReady) as refusal:
        case.take(warning, "extend", "张三", until=warning.finish_by)
    assert refusal.value.sentences == (f"延长后的期限须晚于原期限 {warning.finish_by}。",)


def test_warning_issued_or_served_twice_is_told_so(case: Case) -> None:
    warning = case.bring(State.APPROVING)
    old = warning.version
    warning = case.take(warning, "issue", "孙八")
    with pytest.raises(Stale) as refusal:
        actions.take_step(warning, action="issue", version=old, said=_said(), by=again(case.cast["孙八"]))
    assert refusal.value.sentences == ("您已办理过这一步，不必重复操作。",)
    case.take(warning, "serve", "王五", served_on=clock.today(), signer="张三")
    with pytest.raises(Stale) as refusal:
        case.take(warning, "serve", "王五", served_on=clock.today(), signer="张三")
    assert WarningNotice.unscoped.exclude(number="").count() == 1


def _said() -> Any:
    from lianzheng.flow import Said

    return Said()


@pytest.mark.parametrize(
    ("days", "signer", "sentence"),
    [(-1, "张三", "送达日期不能早于签发日期"), (1, "张三", "送达日期不能晚于今天。"), (0, " ", "请填写签收人。")],
)
def test_paper_service_with_a_wrong_date_or_no_signer_is_refused(
    case: Case, days: int, signer: str, sentence: str
) -> None:
    warning = case.bring(State.ISSUED)
    with pytest.raises(NotReady) as refusal:
        case.take(warning, "serve", "王五", served_on=clock.today() + timedelta(days=days), signer=signer)
    assert refusal.value.sentences[0].startswith(sentence)
    assert fresh(warning).state == State.ISSUED


def test_answer_after_the_end_is_refused_in_words(case: Case) -> None:
    warning = case.bring(State.CLOSED)
    with pytest.raises(Stale) as refusal:
        case.take(warning, "report", "张三")
    assert refusal.value.sentences == ("这份预警已销号，不能再办理。",)
    with pytest.raises(Stale) as refusal:
        case.answer(warning)
    assert refusal.value.sentences == ("这份预警已销号，现在不能修改整改内容。",)


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2099, 1, 1)])
def test_item_due_before_issue_or_after_the_limit_is_refused(case: Case, day: date) -> None:
    warning = case.bring(State.SIGNED)
    values = {"measure": "措施", "responsible": "张三", "due_on": day, "result": ""}
    with pytest.raises(Refused) as refusal:
        actions.save_item(warning, item=None, version=0, by=again(case.cast["张三"]), **values)
    assert refusal.value.sentences[0].startswith("完成时限不能")


def test_rectification_is_written_by_who_answers_and_nobody_else(case: Case) -> None:
    warning = case.bring(State.SIGNED)
    for name, person in case.cast.people.items():
        if name != "张三":
            with pytest.raises(NotYours):
                actions.save_causes(warning, version=0, causes="原因", rules="", by=again(person))


def test_subject_without_an_account_is_served_on_paper_and_answered_for(case: Case) -> None:
    User.objects.filter(pk=case.cast["张三"].pk).update(is_active=False)
    warning = case.bring(State.ISSUED)
    assert waiting(case.cast, warning) == set()
    warning = case.take(warning, "serve", "赵六", served_on=clock.today(), signer="张三")
    assert waiting(case.cast, warning) == {"赵六"}
    actions.save_causes(warning, version=0, causes="原因", rules="", by=again(case.cast["赵六"]))


def test_post_without_a_holder_has_nobody_who_answers(cast: Cast) -> None:
    Tenure.unscoped.filter(post__name="施工许可岗").update(until=clock.today())
    case = Case(cast, "建筑业股施工许可岗")
    assert case.signal.answerer is None
    warning = case.bring(State.ISSUED)
    assert who_may(cast, warning, "serve") == {"王五", "赵六"}


def test_section_is_answered_by_its_head(cast: Cast) -> None:
    warning = Case(cast, "建筑业股").bring(State.ISSUED)
    assert (warning.addressed, waiting(cast, warning)) == ("建筑业股", {"李四"})


def test_warning_about_the_discipline_inspector_goes_to_the_head_of_the_bureau(cast: Cast) -> None:
    case = Case(cast, "赵六")
    warning = case.draft(by="孙八")
    assert who_may(cast, warning, "submit") == {"孙八"}
    assert who_may(cast, warning, "void") == {"孙八"}


def test_who_heads_the_subject_neither_signs_nor_reviews(cast: Cast) -> None:
    grant(role("inspector"), unit=cast.bureau, to=cast["李四"], by=None)
    case = Case(cast)
    warning = case.take(case.draft(), "submit", "赵六")
    assert who_may(cast, warning, "issue") == {"孙八"}
    warning = case.onward(warning)
    for _ in range(3):
        warning = case.onward(warning)
    assert (warning.state, who_may(cast, warning, "review")) == (State.REVIEWING, {"赵六"})


def test_red_warning_of_the_head_of_the_bureau_is_signed_by_another_inspector(cast: Cast) -> None:
    grant(role("inspector"), unit=cast.bureau, to=cast["王五"], by=None)
    case = Case(cast, "孙八")
    warning = case.take(case.draft(Colour.RED), "submit", "赵六")
    assert who_may(cast, warning, "approve") == {"王五"}
    assert who_may(cast, case.take(warning, "approve", "王五"), "issue") == {"王五"}


def test_section_closed_in_mid_case_leaves_the_case_with_the_bureau(case: Case) -> None:
    warning = case.bring(State.RECTIFYING)
    Unit.objects.filter(pk=case.cast.units["建筑业股"].pk).update(active=False)
    warning = case.onward(warning)
    assert (warning.addressed, waiting(case.cast, warning)) == ("建筑业股施工许可岗 张三", {"赵六"})


def test_draft_about_a_closed_section_is_not_issued(case: Case) -> None:
    warning = case.bring(State.APPROVING)
    Unit.objects.filter(pk=case.cast.units["建筑业股"].pk).update(active=False)
    with pytest.raises(NotReady) as refusal:
        case.take(warning, "issue", "孙八")
    assert refusal.value.sentences == ("预警对象所在的机构已经撤销，请作废后按新的机构重新拟稿。",)


def test_somebody_else_answers_after_a_change(case: Case) -> None:
    warning = case.bring(State.RECTIFYING)
    actions.change_answerer(
        warning, version=warning.version, to=case.cast["陈九"], unit=None, by=again(case.cast["赵六"])
    )
    assert waiting(case.cast, fresh(warning)) == {"陈九"}


def test_repeated_warning_of_the_same_subject_is_proposed_one_colour_up(case: Case) -> None:
    first = case.judge()
    assert first is not None
    assert first.suggested == Colour.YELLOW
    case.take(first, "void", "赵六")
    Case(case.cast).bring(State.ISSUED)
    second = Case(case.cast).judge()
    assert second is not None
    assert second.suggested == Colour.ORANGE
    assert second.suggested_why.endswith("同类问题重复出现，提高一级。")


def test_signal_is_judged_once(case: Case) -> None:
    case.judge(Outcome.KEPT)
    with pytest.raises(Stale) as refusal:
        case.judge()
    assert refusal.value.sentences == ("这条信息已经研判过，请按最新情况办理。",)


def test_duplicate_signal_is_linked_to_the_first(case: Case) -> None:
    again_ = case.report()
    actions.link_signal(again_, to=case.signal, by=again(case.cast["赵六"]))
    again_.refresh_from_db()
    assert (again_.outcome, again_.duplicate_of) == (Outcome.DUPLICATE, case.signal)
    with pytest.raises(Refused):
        actions.link_signal(case.signal, to=again_, by=again(case.cast["赵六"]))


def test_words_of_a_step_are_kept_sealed_beside_the_log(case: Case) -> None:
    warning = case.take(case.bring(State.APPROVING), "return", "孙八", words="请写明依据")
    note = Remark.unscoped.get(warning=warning, seq=warning.version)
    assert (note.text, "请写明依据" in note.text_sealed) == ("请写明依据", False)


def test_subject_of_the_cast_is_found_by_its_name(cast: Cast) -> None:
    subject = subject_of(cast, "建筑业股")
    assert (subject.kind, subject.answerer) == ("section", cast["李四"])
