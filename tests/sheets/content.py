"""What the sheets are tried with: an owner, rows, opinions. Invented people of an invented bureau."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from assessments.sheets import ANNEX_4, ANNEX_5, ANNEX_6
from lianzheng.sheets import Grid, Opinion, Sheet, lay_out
from registers.sheets import ANNEX_1, ANNEX_2, ANNEX_3

SIX = (ANNEX_1, ANNEX_2, ANNEX_3, ANNEX_4, ANNEX_5, ANNEX_6)
FORMULA = '=HYPERLINK("http://example.org","点击")'
RARE = "㐂䶮"

MANIFESTATIONS = (
    "在办理施工许可、初步设计审批等业务时，违反“一次性告知”原则，让服务对象多头跑、反复跑。",
    "对审批标准执行不一，对有“关系”的申报单位在材料、条件上予以通融。",
    FORMULA,
)
MEASURES = (
    "制定并严格执行行政审批业务手册，细化申报材料、办理流程和办结时限。\n推行限时办结，全程留痕。",
    "建立“双人审核、领导审定”机制。",
)
SCORES = (Decimal("84.00"), Decimal("59.99"), Decimal("68"), None)


def owner(person: str = "张三") -> dict[str, object]:
    """Every key the six sheets name."""
    return {
        "bureau_name": "清源县住房和城乡建设局",
        "unit_name": "清源县住房和城乡建设局",
        "filled_on": date(2026, 2, 15),
        "person": person,
        "section": "建筑市场管理股",
        "post": "股长",
        "political": "中共党员",
        "duties": "负责建筑工程施工许可证核发；承办局领导交办的其他事项。",
        "powers": "建筑工程施工许可证核发；招标文件备案。",
        "head": "李四",
        "headcount": 6,
        "unit_duties": "负责全县住房保障、建筑业、城市建设和房地产市场的监督管理。",
        "level": "一级",
        "year": 2026,
        "basis": "建议二级：按评分有 2 个风险点为二级。",
        "count_1": 3,
        "count_2": 12,
        "count_3": 21,
        "chief": "王五",
    }


def row(number: int, *, responsible: str = "张三") -> dict[str, object]:
    """One risk point; sections change every four rows, powers every two."""
    return {
        "power": ("施工许可证核发", "招标文件备案")[number // 2 % 2],
        "risk_type": ("岗位职责风险", "思想道德风险", "业务流程风险")[number % 3],
        "name": f"风险点{number}",
        "manifestation": MANIFESTATIONS[number % 3],
        "measures": MEASURES[number % 2],
        "responsible": responsible,
        "section": ("建筑市场管理股", "人事财务股", "办公室")[number // 4 % 3],
        "posts": "股长、审批岗",
        "responsible_section": "建筑市场管理股",
        "responsible_leader": "赵六",
        "score": SCORES[number % 4],
        "reported_level": "一级",
        "reviewed_level": "二级",
        "level": "二级",
    }


OPINIONS = {
    "self": [Opinion("本人自报二级。", "张三", date(2026, 2, 10))],
    "section": [Opinion("经股室会议研究，同意。", "李四", date(2026, 2, 12))],
    "vice": [
        Opinion("请补充资金环节后再报。", "赵六", date(2026, 2, 13)),
        Opinion("已补充，同意。", "赵六", date(2026, 2, 16), hat="分管副局长"),
    ],
    "office": [Opinion("初审合格。", "钱七", date(2026, 2, 20))],
    "remark": [Opinion("评分见评分表。", "", None)],
}


def grid(sheet: Sheet, *, rows: int = 9, can: Sequence[str] = ("see_score",), person: str = "张三") -> Grid:
    """A sheet laid out with the content above."""
    content = [row(n, responsible=person) for n in range(rows)]
    return lay_out(sheet, owner=owner(person), rows=content, opinions=OPINIONS, can=can)
