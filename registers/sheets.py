"""The three official tables of what is written (附件1–3), and the columns that other sheets share.

Order of columns and approval cells is the printed order. How a table is laid out: lianzheng.sheets.
"""

from collections.abc import Iterable

from lianzheng.sheets import Column, HeadField, Sheet, Sign
from registers.models import PowerKind, RiskType


def words(choices: Iterable[tuple[object, object]]) -> tuple[tuple[str, str], ...]:
    """The choices of a model field as a column has them."""
    return tuple((str(value), str(label)) for value, label in choices)


NUMBER = Column("", "序号", 3, align="center")
SECTION = Column("section", "股室", 4, merge=True, align="center")
POWER = Column("power", "业务环节／职权事项", 5, merge=True, edit=True)
RISK_TYPE = Column("risk_type", "风险类别", 4, edit=True, align="center", choices=words(RiskType.choices))
NAME = Column("name", "风险点", 9, edit=True)
MANIFESTATION = Column("manifestation", "廉政风险内容及表现形式", 17, edit=True)
POSTS = Column("posts", "涉及岗位", 5)
MEASURES = Column("measures", "防控措施", 18, edit=True, listed=True)
RESPONSIBLE = Column("responsible", "责任人", 5, edit=True, align="center")
RESPONSIBLE_SECTION = Column("responsible_section", "责任股室", 4, align="center")
RESPONSIBLE_LEADER = Column("responsible_leader", "责任领导", 4, align="center")

POST_HEAD = (
    (
        HeadField("姓名", "person", 2),
        HeadField("政治面貌", "political", 2),
        HeadField("部门（股室）", "section", 3),
        HeadField("岗位（职务）", "post", 3),
    ),
    (HeadField("岗位职责", "duties"),),
    (HeadField("岗位职权", "powers"),),
)
SECTION_HEAD = (
    (HeadField("股室名称", "section", 3), HeadField("负责人", "head", 2), HeadField("在岗人数", "headcount")),
    (HeadField("股室主要职责", "unit_duties"),),
)
BUREAU_HEAD = (
    (HeadField("单位名称", "unit_name", 3), HeadField("主要负责人", "chief", 2)),
    (HeadField("单位主要职责", "unit_duties"),),
)

SECTION_OPINION = Sign("股室负责人意见", "section")
VICE_OPINION = Sign("分管领导意见", "vice")
OFFICE_OPINION = Sign("领导小组办公室初审意见", "office", seal=True)
DISCIPLINE_OPINION = Sign("纪检组（派驻纪检监察组）审核意见", "discipline", seal=True)
CHIEF_OPINION = Sign("单位主要负责人意见", "leader", seal=True)

ANNEX_1 = Sheet(
    code="附件1",
    title="岗位廉政风险点查找和防控措施表",
    head=POST_HEAD,
    columns=(NUMBER, RISK_TYPE, NAME, MANIFESTATION, MEASURES, RESPONSIBLE),
    sign=(Sign("本人签字", "self"), SECTION_OPINION, VICE_OPINION, OFFICE_OPINION),
)
ANNEX_2 = Sheet(
    code="附件2",
    title="股室廉政风险点查找和防控措施表",
    head=SECTION_HEAD,
    columns=(
        NUMBER,
        POWER,
        RISK_TYPE,
        NAME.at(7),
        MANIFESTATION.at(12),
        POSTS,
        MEASURES.at(15),
        RESPONSIBLE.at(4),
    ),
    sign=(SECTION_OPINION, VICE_OPINION, OFFICE_OPINION, DISCIPLINE_OPINION),
)
ANNEX_3 = Sheet(
    code="附件3",
    title="廉政风险点查找和防控措施表",
    head=BUREAU_HEAD,
    columns=(
        NUMBER,
        SECTION,
        POWER,
        RISK_TYPE,
        NAME.at(6),
        MANIFESTATION.at(11),
        POSTS,
        MEASURES.at(12),
        RESPONSIBLE_SECTION,
        RESPONSIBLE_LEADER,
    ),
    sign=(
        Sign("填表人（领导小组办公室）", "office"),
        CHIEF_OPINION,
        Sign("县纪委监委备案意见", "county", seal=True),
    ),
)
POWERS = Sheet(
    code="职权目录",
    title="职权目录",
    head=(),
    columns=(
        NUMBER,
        Column("section", "股室", 7, merge=True, edit=True),
        Column("name", "职权名称", 14, edit=True),
        Column("power_kind", "职权类别", 6, edit=True, align="center", choices=words(PowerKind.choices)),
        Column("basis", "依据", 15, edit=True),
        Column("posts", "行使岗位", 9, edit=True, listed=True),
    ),
    line=(HeadField("单位", "bureau_name"), HeadField("截至日期", "on")),
)
