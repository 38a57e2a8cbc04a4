"""The three official tables of what is decided (附件4–6): rows of 附件1–3 with score, levels and approval.

Order of columns and approval cells is the printed order. How a table is laid out: lianzheng.sheets.
"""

from lianzheng.sheets import Column, HeadField, Sheet, Sign
from registers.sheets import (
    BUREAU_HEAD,
    CHIEF_OPINION,
    DISCIPLINE_OPINION,
    MANIFESTATION,
    MEASURES,
    NAME,
    NUMBER,
    OFFICE_OPINION,
    POST_HEAD,
    POWER,
    RESPONSIBLE,
    RESPONSIBLE_LEADER,
    RESPONSIBLE_SECTION,
    RISK_TYPE,
    SECTION,
    SECTION_HEAD,
    VICE_OPINION,
)

SCORE = Column("score", "评分", 3, permission="see_score", align="center")
REPORTED_LEVEL = Column("reported_level", "自报等级", 4, align="center")
REVIEWED_LEVEL = Column("reviewed_level", "审核等级", 4, align="center")
LEVEL = Column("level", "等级", 3, align="center")

MEETING_DECISION = Sign("局办公会议（党政联席会议）研究决定意见", "meeting", seal=True)
YEAR = HeadField("评定年度", "year")
BASIS = HeadField("定级依据", "basis")

ANNEX_4 = Sheet(
    code="附件4",
    title="岗位廉政风险点等级确定和防控措施审核备案表",
    head=(*POST_HEAD, (YEAR, HeadField("岗位廉政风险等级", "level", 2)), (BASIS,)),
    columns=(
        NUMBER,
        RISK_TYPE,
        NAME.at(7),
        MANIFESTATION.at(12),
        SCORE,
        REPORTED_LEVEL,
        REVIEWED_LEVEL,
        MEASURES.at(14),
        RESPONSIBLE.at(4),
    ),
    sign=(
        Sign("本人自报意见", "self"),
        Sign("股室会议研究及负责人审核意见", "section"),
        VICE_OPINION,
        OFFICE_OPINION,
        Sign("纪检组长（派驻纪检监察组）审核意见", "discipline", seal=True),
        MEETING_DECISION,
        Sign("备案意见", "filing", seal=True),
        Sign("备注", "remark", signed=False),
    ),
)
ANNEX_5 = Sheet(
    code="附件5",
    title="股室廉政风险点等级确定和防控措施审核备案表",
    head=(*SECTION_HEAD, (YEAR, HeadField("股室廉政风险等级", "level", 2)), (BASIS,)),
    columns=(
        NUMBER,
        POWER,
        RISK_TYPE,
        NAME.at(6),
        MANIFESTATION.at(10),
        SCORE,
        REPORTED_LEVEL,
        REVIEWED_LEVEL,
        MEASURES.at(12),
        RESPONSIBLE.at(4),
    ),
    sign=(
        Sign("股室负责人意见", "section"),
        VICE_OPINION,
        OFFICE_OPINION,
        DISCIPLINE_OPINION,
        MEETING_DECISION,
        Sign("县（旗、区）纪委备案意见", "county", seal=True),
    ),
)
ANNEX_6 = Sheet(
    code="附件6",
    title="廉政风险点等级确定和防控措施审核备案表",
    head=(
        *BUREAU_HEAD,
        (
            YEAR,
            HeadField("单位廉政风险等级", "level", 2),
            HeadField("一级（个）", "count_1"),
            HeadField("二级（个）", "count_2"),
            HeadField("三级（个）", "count_3"),
        ),
        (BASIS,),
    ),
    columns=(
        NUMBER,
        SECTION,
        NAME.at(7),
        MANIFESTATION.at(14),
        SCORE,
        LEVEL,
        MEASURES.at(15),
        RESPONSIBLE_SECTION,
        RESPONSIBLE_LEADER,
    ),
    sign=(
        Sign("局领导小组意见", "group", seal=True),
        CHIEF_OPINION,
        Sign("县领导小组办公室核定意见", "county_office", seal=True),
        Sign("县领导小组审核确定意见", "county_group", seal=True),
    ),
)
