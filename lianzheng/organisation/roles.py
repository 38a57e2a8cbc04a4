"""The rights and the roles that bundle them, declared once; guards, grants and the printed authority table read this.

A right is a guardian permission that stands on a unit and holds for all below it (docs/adr/0004).
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import TextChoices


class Right(TextChoices):
    """What somebody may do in a unit and below."""

    REVIEW_SECTION = "review_section", "审核本股室岗位表，填报股室表"
    LEAD_SECTIONS = "lead_sections", "审核所分管股室的表"
    HEAD_BUREAU = "head_bureau", "签署本单位的表，上提一级的审核"
    RUN_OFFICE = "run_office", "组织排查、初审、汇总、公示、归档"
    INSPECT = "inspect", "纪检审核"
    RECORD_MEETING = "record_meeting", "登记会议决定"
    VERIFY_BUREAU = "verify_bureau", "对单位等级提出核定意见"
    CONFIRM_BUREAU = "confirm_bureau", "审核确定单位等级"
    RECEIVE_FILING = "receive_filing", "接收备案"
    REPORT_SIGNAL = "report_signal", "报送廉政预警信息"
    HANDLE_WARNINGS = "handle_warnings", "研判预警信息，办理和复核廉政预警"
    ADMINISTER = "administer", "管理机构、岗位和账号"
    GRANT_RIGHTS = "grant_rights", "核准授权，重置第二验证"
    AUDIT_JOURNAL = "audit_journal", "查阅、导出操作日志，核验封印"


@dataclass(frozen=True)
class Role:
    """A hat: its stable code, the word on papers, and the rights it bundles. Source: 实施方案 六; 暂行办法 第十三条;
    预警信息员: 预警防控暂行办法 第十四条."""

    code: str
    label: str
    rights: tuple[Right, ...]


SECTION_HEAD = Role("section_head", "股室负责人", (Right.REVIEW_SECTION,))
VICE_LEADER = Role("vice_leader", "分管领导", (Right.LEAD_SECTIONS,))
LEADER = Role("leader", "主要负责人", (Right.HEAD_BUREAU,))
OFFICE = Role("office", "廉政办", (Right.RUN_OFFICE, Right.RECORD_MEETING))
INSPECTOR = Role("inspector", "纪检组", (Right.INSPECT, Right.HANDLE_WARNINGS))
COUNTY_OFFICE = Role("county_office", "县领导小组办公室", (Right.VERIFY_BUREAU,))
COUNTY_GROUP = Role("county_group", "县领导小组", (Right.CONFIRM_BUREAU,))
FILING_BODY = Role("filing_body", "备案机关", (Right.RECEIVE_FILING,))
INFORMANT = Role("informant", "预警信息员", (Right.REPORT_SIGNAL,))
ADMINISTRATOR = Role("administrator", "系统管理员", (Right.ADMINISTER,))
SECURITY = Role("security", "安全管理员", (Right.GRANT_RIGHTS,))
AUDITOR = Role("auditor", "审计管理员", (Right.AUDIT_JOURNAL,))

ROLES = (
    SECTION_HEAD,
    VICE_LEADER,
    LEADER,
    OFFICE,
    INSPECTOR,
    COUNTY_OFFICE,
    COUNTY_GROUP,
    FILING_BODY,
    INFORMANT,
    ADMINISTRATOR,
    SECURITY,
    AUDITOR,
)
THREE = (ADMINISTRATOR, SECURITY, AUDITOR)
"""三员: nobody is two of them, and none of them has a business role («…基本要求» 8.1.5.1–8.1.5.3, 8.1.4.2 d)."""
BUSINESS = "business"


def function_of(item: Role) -> str:
    """Which of the functions kept apart the role is: one of the three, or business."""
    return item.code if item in THREE else BUSINESS


def role(code: str) -> Role:
    """The role of this code; KeyError when there is none."""
    return {item.code: item for item in ROLES}[code]


PROTECTED = frozenset(
    right
    for item in (LEADER, OFFICE, INSPECTOR, COUNTY_OFFICE, COUNTY_GROUP, FILING_BODY, *THREE)
    for right in item.rights
)
"""Rights that reach beyond one section: a site asks for a second factor where somebody holds one."""
DEPUTISED = tuple(item for item in ROLES if item not in THREE)
"""Roles that a deputy may stand in for; accounts and grants are nobody's to lend, nor is the look at the journal."""


def bundled(rights: Collection[str]) -> list[Role]:
    """Roles all of whose rights are among these."""
    return [item for item in ROLES if set(item.rights) <= set(rights)]
