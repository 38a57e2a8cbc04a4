"""Two clerks who record at once, ten who answer a filing at once: real connections, and a control without the lock."""

from __future__ import annotations

from threading import Barrier

from assessments import actions
from assessments.models import Dossier, Filing, Meeting, MeetingDraft, State
from lianzheng.flow import Said
from tests.at_once import AT_ONCE, at_once
from tests.cast import Round, again


def agreed(dossier: Dossier) -> actions.Decision:
    return actions.Decision(dossier, dossier.version, dossier.reviewed_rank, Said())


def test_two_clerks_who_record_at_once_lose_nothing(committed: Round) -> None:
    """Half of the ten record one item, half the other, all from the same page: one goes through, nine are told; then
    the other half records as well."""
    dossiers = [committed.bring(committed.rating(title), State.MEETING) for title in ("施工许可岗", "质量监督岗")]
    actions.save_draft(committed.campaign, typed={"place": ["会议室"]}, version=0, by=again(committed.cast["王五"]))

    def run(n: int) -> str:
        dossier = Dossier.unscoped.get(pk=dossiers[n % 2].pk)
        committed.meet([agreed(dossier)], number=n + 1, draft=1)
        return "recorded"

    answers = at_once(run)
    assert answers["recorded"] == 1
    (told,) = [text for text in answers if text != "recorded"]
    assert (answers[told], "登记了局办公会议第" in told, "您填写的内容还在本页" in told) == (9, True, True)
    assert Meeting.unscoped.count() == 1
    (left,) = committed.campaign.dossiers.filter(state=State.MEETING)
    committed.meet([agreed(left)], number=20, draft=MeetingDraft.unscoped.get().version)
    assert committed.campaign.dossiers.filter(stage="rating", state=State.NOTICE).count() == 2


def test_ten_who_save_one_draft_at_once_overwrite_nobody(committed: Round) -> None:
    def run(n: int) -> str:
        typed = {"place": [f"会议室{n}"]}
        actions.save_draft(committed.campaign, typed=typed, version=0, by=again(committed.cast["王五"]))
        return "saved"

    answers = at_once(run)
    assert (answers["saved"], sum(answers.values()), len(answers)) == (1, AT_ONCE, 2)
    assert MeetingDraft.unscoped.get().version == 1


def test_draft_without_version_would_be_overwritten_in_silence(committed: Round) -> None:
    """The control: the same ten, reading and then writing."""
    actions.save_draft(committed.campaign, typed={}, version=0, by=again(committed.cast["王五"]))
    between = Barrier(AT_ONCE)

    def run(n: int) -> str:
        found = MeetingDraft.unscoped.get()
        between.wait(timeout=20)
        MeetingDraft.unscoped.filter(pk=found.pk).update(typed={"place": [str(n)]}, version=found.version + 1)
        return "saved"

    assert at_once(run) == {"saved": AT_ONCE}
    assert MeetingDraft.unscoped.get().version == 2


def test_filing_answered_by_ten_at_once_is_answered_once(committed: Round) -> None:
    """Five accept, five send back; whoever comes first, everything in the filing goes the same way."""
    rows = Dossier.unscoped.filter(campaign=committed.campaign, title__in=("县住建局", "办公室"))
    rows.update(state=State.FILING, route="county.bureau.finding", filing=None)
    filing = committed.send(list(rows))

    def run(n: int) -> str:
        mine = Filing.unscoped.get(pk=filing.pk)
        if n % 2:
            actions.return_filing(mine, opinion="请补正", by=again(committed.cast["郑十"]))
        else:
            committed.accept(mine, number=f"备{n}号")
        return "won"

    answers = at_once(run)
    (told,) = [text for text in answers if text != "won"]
    assert (answers["won"], answers[told]) == (1, 9)
    assert told.startswith("郑十已于 ")
    states = {dossier.state for dossier in rows.all()}
    assert states in ({State.IN_FORCE}, {State.FILING})
