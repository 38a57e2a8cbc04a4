"""The two years of the demo: last year's round as far as it was kept, and this year's with an item in every state."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from assessments import actions
from assessments.models import Campaign, Dossier, PublicNotice, State
from lianzheng import clock
from lianzheng.desk.demo.play import Player, go_to
from registers.models import RiskPoint, RiskTable

S = State
Kind = RiskTable.Kind
Stage = Dossier.Stage
KEPT_LAST_YEAR = 4
# Where the posts of this year stand: (finding, rating). "-" means that the stage has not begun.
POST_PLACES = (
    (S.ARCHIVED, S.IN_FORCE),
    (S.ARCHIVED, S.FILING_SENT),
    (S.ARCHIVED, S.FILING),
    (S.ARCHIVED, S.PUBLISHED),
    (S.ARCHIVED, S.NOTICE),
    (S.ARCHIVED, S.MEETING),
    (S.ARCHIVED, S.INSPECTOR),
    (S.ARCHIVED, S.OFFICE),
    (S.ARCHIVED, S.SECTION),
    (S.ARCHIVED, S.RETURNED),
    (S.ARCHIVED, S.DRAFT),
    (S.PUBLISHED, "-"),
    (S.NOTICE, "-"),
    (S.INSPECTOR, "-"),
    (S.OFFICE, "-"),
    (S.SECTION, "-"),
    (S.RETURNED, "-"),
    (S.DRAFT, "-"),
)
SECTION_PLACES = (
    (S.ARCHIVED, S.IN_FORCE),
    (S.ARCHIVED, S.MEETING),
    (S.ARCHIVED, S.VICE),
    (S.ARCHIVED, S.DRAFT),
    (S.NOTICE, "-"),
    (S.INSPECTOR, "-"),
    (S.OFFICE, "-"),
    (S.VICE, "-"),
    (S.RETURNED, "-"),
    (S.DRAFT, "-"),
)
TOWN_PLACES = (
    S.IN_FORCE,
    S.FILING_SENT,
    S.FILING,
    S.PUBLISHED,
    S.NOTICE,
    S.MEETING,
    S.SECTION,
    S.RETURNED,
    S.DRAFT,
)
BEHIND = (S.NOTICE, S.PUBLISHED, S.FILING, S.FILING_SENT, S.IN_FORCE, S.ARCHIVED)
"""Places that lie behind the meeting."""
WHY = "风险点写得较笼统，请结合岗位职权写明发生在哪个环节、有什么表现。"


def posts(campaign: Campaign, stage: str) -> list[Dossier]:
    found = campaign.dossiers.filter(kind=Kind.POST, stage=stage).select_related("table", "unit", "holder", "campaign")
    return list(found.order_by("unit__order", "table__post__order"))


def sections(campaign: Campaign, stage: str) -> list[Dossier]:
    found = campaign.dossiers.filter(kind=Kind.SECTION, stage=stage)
    return list(found.select_related("table", "unit", "campaign").order_by("unit__order"))


def whole(campaign: Campaign, stage: str) -> Dossier:
    found: Dossier = campaign.dossiers.select_related("table", "unit", "campaign").get(kind=Kind.BUREAU, stage=stage)
    return found


def open_round(player: Player, year: int) -> Campaign:
    """下达 with dates that lie ahead of the playing day."""
    today = clock.today()
    return actions.open_campaign(
        player.bureau,
        year=year,
        title=f"{player.bureau.name}{year}年度廉政风险排查",
        finding_due=today + timedelta(days=75),
        rating_due=today + timedelta(days=85),
        by=player.office(),
    )


def write(player: Player, dossiers: Sequence[Dossier]) -> None:
    """The rows of the fixture into the tables of posts (and the sections' own)."""
    for dossier in dossiers:
        rows = _rows(player, dossier)
        have = set(dossier.table.rows().values_list("name", flat=True))
        player.fill(dossier, [row for row in rows if row["name"] not in have])


def _rows(player: Player, dossier: Dossier) -> list[dict[str, Any]]:
    if dossier.kind == Kind.POST:
        return player.placed.post_rows.get(dossier.table.post_id, [])
    return player.placed.section_rows.get(dossier.unit_id, [])


def last_year(player: Player, year: int) -> None:
    """A round of which a few posts and the bureau went the whole way; the rest was done on paper and its rows kept."""
    campaign = open_round(player, year)
    findings = [d for d in posts(campaign, Stage.FINDING) if _rows(player, d)]
    write(player, findings)
    kept = findings[:KEPT_LAST_YEAR]
    bureau = whole(campaign, Stage.FINDING)
    for dossier in kept:
        player.pass_until(dossier, S.NOTICE)
    player.roll(bureau, _points(kept))
    player.pass_until(bureau, S.NOTICE)
    _through_notice(player, campaign, [*kept, bureau], title="风险点和防控措施")
    player.file(campaign, [bureau], number=1)
    actions.open_rating(campaign, by=player.office())
    _rate_to(player, campaign, {d.table_id: S.MEETING for d in kept}, Stage.RATING)
    rated = [d for d in posts(campaign, Stage.RATING) if d.state == S.MEETING]
    player.meet(campaign, rated, number=1)
    _through_notice(player, campaign, _again(rated), title="廉政风险等级")
    player.file(campaign, _again(rated), number=2)
    rating = whole(campaign, Stage.RATING)
    player.rate(rating)
    player.pass_until(rating, S.COUNTY_GROUP)
    _close_rest(player, campaign)


def _close_rest(player: Player, campaign: Campaign) -> None:
    """Forms of last year that were handed in on paper."""
    open_states = (S.DRAFT, S.RETURNED)
    rest = (
        campaign.dossiers.filter(state__in=open_states)
        .exclude(kind=Kind.BUREAU)
        .select_related("unit", "table", "holder")
    )
    for dossier in rest:
        player.void(dossier, reason=f"{campaign.year}年度已在纸面办理，表格另存。")


def _points(dossiers: Sequence[Dossier]) -> list[RiskPoint]:
    tables = [dossier.table_id for dossier in dossiers]
    found = RiskPoint.unscoped.filter(table__in=tables, removed_at=None)
    return list(found.select_related("table__post", "table__unit").prefetch_related("measures"))


def _again(dossiers: Sequence[Dossier]) -> list[Dossier]:
    for dossier in dossiers:
        dossier.refresh_from_db()
    return list(dossiers)


def _through_notice(player: Player, campaign: Campaign, dossiers: Sequence[Dossier], *, title: str) -> None:
    """Put up, let the period pass, end it."""
    notice = player.notice(campaign, dossiers, title=f"{campaign.bureau.name}{campaign.year}年度{title}公示")
    go_to(notice.ends_on + timedelta(days=1), by=player.office())
    actions.close_notice(notice, by=player.office())
    _again(dossiers)


def _rate_to(player: Player, campaign: Campaign, places: dict[Any, str], stage: str) -> None:
    """Grade and move each dossier to where it belongs before the meeting."""
    for dossier in [*posts(campaign, stage), *sections(campaign, stage)]:
        target = places.get(dossier.table_id, S.DRAFT)
        if target in (S.DRAFT, "-"):
            continue
        player.rate(dossier)
        _move_to(player, dossier, target)


def _move_to(player: Player, dossier: Dossier, target: str) -> None:
    """To a desk, to the meeting for whatever lies behind it, or returned by the first desk."""
    if target == S.RETURNED:
        player.take(dossier, "submit")
        player.send_back(dossier, text=WHY)
    elif target in BEHIND:
        player.pass_until(dossier, S.NOTICE if dossier.stage == Stage.FINDING else S.MEETING)
    elif target != S.DRAFT:
        player.pass_until(dossier, target)


def this_year(player: Player, year: int, *, today: date) -> None:
    """A round in the middle of everything: first what has gone furthest, then, on the last day, what is on the
    desks."""
    campaign = open_round(player, year)
    findings = posts(campaign, Stage.FINDING)
    write(player, findings)
    plan = {d.table_id: POST_PLACES[n % len(POST_PLACES)] for n, d in enumerate(findings)}
    halls = sections(campaign, Stage.FINDING)
    plan |= {d.table_id: SECTION_PLACES[n % len(SECTION_PLACES)] for n, d in enumerate(halls)}
    places = {table: place[1] for table, place in plan.items()}
    far = {d.table_id for d in [*findings, *halls] if _wants(plan, d, 0) == S.ARCHIVED}
    _find(player, [d for d in findings if d.table_id in far], plan)
    _sections(player, campaign, [d for d in halls if d.table_id in far], plan)
    _bureau(player, campaign)
    done = list(campaign.dossiers.filter(stage=Stage.FINDING, state=S.NOTICE))
    _through_notice(player, campaign, done, title="风险点和防控措施")
    player.file(campaign, [whole(campaign, Stage.FINDING)], number=11)
    actions.open_rating(campaign, by=player.office())
    _rate_to(player, campaign, {t: p for t, p in places.items() if p in BEHIND}, Stage.RATING)
    _decide(player, campaign, places, Stage.RATING)
    go_to(today, by=player.office())
    _find(player, [d for d in findings if d.table_id not in far], plan)
    _sections(player, campaign, [d for d in halls if d.table_id not in far], plan)
    _rate_to(player, campaign, {t: p for t, p in places.items() if p not in BEHIND}, Stage.RATING)
    rating = whole(campaign, Stage.RATING)
    player.rate(rating)
    player.pass_until(rating, S.COUNTY_OFFICE)
    _up_now(player, campaign, plan)


def _wants(plan: dict[Any, Any], dossier: Dossier, which: int) -> str:
    return str(plan[dossier.table_id][which]) if dossier.table_id in plan else ""


def _find(player: Player, dossiers: Sequence[Dossier], plan: dict[Any, Any]) -> None:
    for dossier in dossiers:
        if dossier.table.rows().exists():
            _move_to(player, dossier, _wants(plan, dossier, 0))


def _sections(player: Player, campaign: Campaign, dossiers: Sequence[Dossier], plan: dict[Any, Any]) -> None:
    """Each section: its own rows and those rolled up from its posts, then on its way."""
    write(player, dossiers)
    ready = (S.NOTICE, S.INSPECTOR, S.OFFICE)
    for dossier in dossiers:
        below = [d for d in posts(campaign, Stage.FINDING) if d.unit_id == dossier.unit_id and d.state in ready]
        player.roll(dossier, _points(below))
    _find(player, dossiers, plan)


def _bureau(player: Player, campaign: Campaign) -> None:
    """附件3 from the sections that are ready."""
    bureau = whole(campaign, Stage.FINDING)
    ready = [d for d in sections(campaign, Stage.FINDING) if d.state in (S.NOTICE, S.INSPECTOR, S.OFFICE)]
    player.roll(bureau, _points(ready)[:30])
    player.pass_until(bureau, S.NOTICE)


def _decide(player: Player, campaign: Campaign, places: dict[Any, str], stage: str) -> None:
    """The meeting for whatever lies behind it, the notice and the receipt for what goes further."""

    def behind(*targets: str) -> list[Dossier]:
        found = campaign.dossiers.filter(stage=stage, table__in=[t for t, p in places.items() if p in targets])
        return [
            d
            for d in found.select_related("unit", "table", "holder", "campaign")
            if d.state in (S.MEETING, S.NOTICE, S.FILING)
        ]

    player.meet(campaign, behind(S.NOTICE, S.PUBLISHED, S.FILING, S.FILING_SENT, S.IN_FORCE), number=2)
    _through_notice(player, campaign, behind(S.FILING, S.FILING_SENT, S.IN_FORCE), title="廉政风险等级")
    player.file(campaign, behind(S.IN_FORCE), number=12)
    player.send(campaign, behind(S.FILING_SENT), number=13)


def _up_now(player: Player, campaign: Campaign, plan: dict[Any, Any]) -> None:
    """What is on notice on the demo's last day: level one for the public, the rest for the bureau."""
    waiting = campaign.dossiers.filter(state=S.NOTICE).select_related("unit", "table", "holder", "campaign")
    up = [d for d in waiting if _wants(plan, d, 0 if d.stage == Stage.FINDING else 1) == S.PUBLISHED]
    first = [d for d in up if d.decided_rank == 1]
    name = f"{campaign.bureau.name}{campaign.year}年度"
    if rest := [d for d in up if d not in first]:
        player.notice(campaign, rest, title=f"{name}廉政风险点公示（第二批）")
    if first:
        player.notice(campaign, first, title=f"{name}一级廉政风险公示", scope=PublicNotice.Scope.PUBLIC)


def town_year(player: Player, year: int, *, today: date) -> None:
    """The township's one round."""
    campaign = open_round(player, year)
    dossiers = posts(campaign, Stage.WHOLE)
    write(player, dossiers)
    written = [d for d in dossiers if d.table.rows().exists()]
    places = {d.table_id: str(TOWN_PLACES[n % len(TOWN_PLACES)]) for n, d in enumerate(written)}
    _rate_to(player, campaign, {t: p for t, p in places.items() if p in BEHIND}, Stage.WHOLE)
    _decide(player, campaign, places, Stage.WHOLE)
    go_to(today, by=player.office())
    _rate_to(player, campaign, {t: p for t, p in places.items() if p not in BEHIND}, Stage.WHOLE)
    sections_ = sections(campaign, Stage.WHOLE)
    passed = [d for d in _again(written) if d.state not in (S.DRAFT, S.RETURNED, S.SECTION)]
    for dossier in sections_:
        below = [d for d in passed if d.unit_id == dossier.unit_id]
        player.roll(dossier, _points(below))
    rolled = [d for d in sections_ if d.table.rows().exists()]
    for dossier, target in zip(rolled, (S.MEETING, S.VICE, S.RETURNED), strict=False):
        player.rate(dossier)
        _move_to(player, dossier, target)
    _up_now(player, campaign, {table: (place, place) for table, place in places.items()})
    bureau = whole(campaign, Stage.WHOLE)
    player.roll(bureau, _points([d for d in rolled if d.state in (S.MEETING, S.VICE)]))
    player.rate(bureau)
    player.pass_until(bureau, S.LEADER)
