"""廉政风险排查情况报告, drafted from the round's own data in the order of «关于开展廉政风险排查工作的报告»: methods,
levels, how far the round is, list by business link with measures.

Reads only. What a bureau wants to say besides, it writes into the file for its word processor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from assessments.coverage import coverage_of
from assessments.ledger import RANKS, Ledger
from assessments.minutes import chinese
from assessments.models import Campaign
from assessments.scoring import FIRST_FROM, SECOND_FROM, dimensions_of
from lianzheng import clock
from lianzheng.organisation.models import Unit
from lianzheng.render.official import Annex, Block, Document, Heading, Paragraph, Table
from registers.models import RiskPoint, RiskTable

Kind = RiskTable.Kind

OPENING = (
    "为深入贯彻落实全面从严治党要求，推进党风廉政建设和反腐败工作，根据上级统一部署，{bureau}组织开展了{year}年度廉政风险点"
    "排查工作，全面梳理、科学评定、有效防控廉政风险。现将排查情况、风险清单及防控措施报告如下。"
)
# «…排查工作的报告» 一（一）.
DEFINITIONS: Mapping[int, str] = {
    1: "指在权力运行中，涉及重大经济活动决策权、重要人事任免权、重大项目安排权和大额度资金使用权，或在行政审批、行政"
    "执法等环节中拥有较大自由裁量权，且制度机制尚不完全健全，一旦发生腐败问题将对公共利益、政府形象造成重大损害或严重不良影响"
    "的风险点。",
    2: "指在日常管理和业务工作中，涉及一定范围的经济活动、项目管理或资金分配，权力行使较为频繁，制度有待进一步完善，可"
    "能因监管不到位或个人意志产生不廉洁行为，造成一定程度损害或不良影响的风险点。",
    3: "指在常规性、程序性工作中，权力行使范围和自由裁量空间较小，制度规定较为明确，但仍可能因思想麻痹、作风不实等问题"
    "引发不规范行为，造成轻微损害或负面影响的风险点。",
}
NAMED = 7
"""Business links that the first sentence names; all have a heading of their own."""
YEARLY = "风险等级评定工作每年进行一次动态调整，确保风险评估的及时性和准确性。"


@dataclass
class Link:
    """A business link (业务环节) with its points, the gravest level among them and its measures, each once."""

    name: str
    points: list[RiskPoint] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    measures: dict[str, None] = field(default_factory=dict)


def document_of(campaign: Campaign) -> Document:
    """The report as it stands today."""
    ledger, bureau = Ledger(campaign), campaign.bureau
    links = links_of(ledger)
    return Document(
        title=f"{bureau.name}\n关于开展{campaign.year}年度廉政风险排查工作的报告",
        blocks=[
            Paragraph(OPENING.format(bureau=_self(bureau), year=campaign.year)),
            *_methods(campaign, ledger.words),
            *_results(campaign, ledger),
            *_list(links, ledger.words),
        ],
        organ=bureau.name,
        on=clock.today(),
        annexes=(Annex("廉政风险等级汇总统计表", (_figures(ledger),)),),
    )


def _self(bureau: Unit) -> str:
    return "我镇" if bureau.kind == Unit.Kind.TOWN else "我局"


def _methods(campaign: Campaign, words: Mapping[int, str]) -> list[Block]:
    """一、: what the levels mean, and by which of the scheme's dimensions points are scored."""
    dimensions = dimensions_of(campaign.scheme.dimensions)
    named = "、".join(f"{item.name}（权重{item.weight.normalize():f}%）" for item in dimensions if item.weight)
    first, second, third = (words[rank] for rank in RANKS)
    return [
        Heading("一、廉政风险等级划分标准与评估方法"),
        Heading("（一）风险等级划分", 2),
        Paragraph("根据廉政风险发生概率、可能造成的危害程度以及社会影响大小，将排查出的廉政风险点划分为三个等级，实行分级管理、"
                  "动态监控和重点防控。"),
        *(Paragraph(DEFINITIONS[rank], lead=f"{words[rank]}风险：") for rank in RANKS),
        Heading("（二）风险评估方法", 2),
        Paragraph(f"采用多维度评估指标，对各风险点进行综合评分，总分为100分。评估指标为：{named}。"),
        Paragraph(f"综合评分在{FIRST_FROM}分及以上为{first}风险，{SECOND_FROM}分（含）至{FIRST_FROM}分之间为{second}风险，"
                  f"{SECOND_FROM}分以下为{third}风险；岗位、股室的等级就高不就低，由会议研究决定。{YEARLY}"),
    ]  # fmt: skip


def _results(campaign: Campaign, ledger: Ledger) -> list[Block]:
    """二、: how far the round reaches, and what it came to; figures are those of the board and the ledger."""
    covered = "；".join(f"{line['term']}{line['text'].replace(' ', '')}" for line in coverage_of(campaign))
    total = ledger.statistics()[-1:] or [{}]
    figures = total[0]
    levels = "、".join(f"{ledger.words[rank]}{figures.get(f'points_{rank}', 0)}个" for rank in RANKS)
    posts = "、".join(f"{ledger.words[rank]}{figures.get(f'posts_{rank}', 0)}个" for rank in RANKS)
    open_points, open_posts = figures.get("points_open", 0), figures.get("posts_open", 0)
    return [
        Heading("二、排查情况"),
        Paragraph(f"{covered}。"),
        Paragraph(
            f"已评定的风险点中，{levels}{_still(open_points)}；已确定等级的岗位中，{posts}{_still(open_posts)}。"
            f"召开会议研究{campaign.meetings.count()}次，公示{campaign.notices.filter(previous=None).count()}次。"
            "各股室情况见附件。"
        ),
    ]


def _still(number: int) -> str:
    return f"，另有{number}个正在办理" if number else ""


def links_of(ledger: Ledger) -> list[Link]:
    """Points by business link: as the bureau rolled them up (附件3), else the sections (附件2), else the posts. A point
    without a business link stands under its section."""
    rows = _rolled_up(ledger)
    ranks = _ranks_of(rows, ledger.ranks)
    found: dict[str, Link] = {}
    for point in rows:
        section = point.section or point.table.unit
        link = found.setdefault(point.power or f"{section.name}业务", Link(point.power or f"{section.name}业务"))
        link.points.append(point)
        link.ranks += ranks.get(point.pk, [])
        link.measures |= dict.fromkeys(measure.text for measure in point.measures.all())
    return list(found.values())


def _rolled_up(ledger: Ledger) -> Sequence[RiskPoint]:
    for kind in (Kind.BUREAU, Kind.SECTION):
        tables = {table.pk: table for table in ledger.tables if table.kind == kind}
        rows = RiskPoint.objects.in_bureau(ledger.bureau).filter(table__in=tables, removed_at=None)
        read = rows.select_related("section").prefetch_related("measures", "sources__sources")
        found = list(read.order_by("table__unit__order", "table", "order", "id"))
        for point in found:
            point.table = tables[point.table_id]
        if found:
            return found
    return ledger.points


def _ranks_of(points: Iterable[RiskPoint], known: Mapping[UUID, int]) -> dict[UUID, list[int]]:
    """The levels of each point: its own, or those of what it was rolled up from."""
    found: dict[UUID, list[int]] = {}
    for point in points:
        below = [
            point,
            *point.sources.all(),
            *(root for source in point.sources.all() for root in source.sources.all()),
        ]
        found[point.pk] = [known[item.pk] for item in below if item.pk in known]
    return found


def _list(links: Sequence[Link], words: Mapping[int, str]) -> list[Block]:
    """三、: each business link with how its risks show, its level and its measures."""
    names = "、".join(link.name for link in links[:NAMED])
    blocks: list[Block] = [
        Heading("三、主要业务环节廉政风险清单及防控措施"),
        Paragraph(f"本次排查围绕{names}等{len(links)}个方面展开。" if links else "本年度还没有查找出风险点。"),
    ]
    for number, link in enumerate(links, start=1):
        blocks += [Heading(f"（{chinese(number)}）{link.name}", 2), *_link(link, words)]
    return blocks


def _link(link: Link, words: Mapping[int, str]) -> Iterable[Paragraph]:
    yield Paragraph("", lead="廉政风险点表现形式：")
    for number, point in enumerate(link.points, start=1):
        yield Paragraph(f"{number}.{_said(point)}")
    yield Paragraph(f"{words[min(link.ranks)]}风险。" if link.ranks else "尚未评定。", lead="风险等级：")
    yield Paragraph("" if link.measures else "尚未填写。", lead="主要防控措施：")
    for number, text in enumerate(link.measures, start=1):
        yield Paragraph(f"{number}.{text}")


def _said(point: RiskPoint) -> str:
    """Name and manifestation as one sentence."""
    parts = [part.strip() for part in (point.name.rstrip("。"), point.manifestation) if part.strip()]
    return "：".join(parts).replace("\n", "")


def _figures(ledger: Ledger) -> Table:
    """汇总统计表 as narrow as an upright page asks for: posts and points by level."""
    posts, points = (tuple(f"{ledger.words[rank]}{word}" for rank in RANKS) for word in ("岗位", "风险点"))
    headers = ("股室", "股室等级", "岗位数", *posts, "风险点数", *points, "未评定")
    keys = ("section", "level", "posts", *(f"posts_{rank}" for rank in RANKS))
    keys += ("points", *(f"points_{rank}" for rank in RANKS), "points_open")
    rows = [tuple(str(line[key]) for key in keys) for line in ledger.statistics()]
    return Table(headers, rows, (5, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3))
