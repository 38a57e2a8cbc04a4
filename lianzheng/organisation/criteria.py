"""The shipped tables of criteria (划分标准), one for each profile, as their sources word them; a bureau edits its copy.

Pure data; no ORM, so that a fresh site and a test read the same lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shipped:
    """One line: what it speaks of (post or section), the rank it gives, its words and where they stand."""

    kind: str
    rank: int
    text: str
    source: str


_PLAN_POSTS = "实施方案 四（三）1"
_PLAN_SECTIONS = "实施方案 四（三）2"
_TOWN_POSTS = "暂行办法 第十二条（二）"
_TOWN_SECTIONS = "暂行办法 第十二条（一）"
_TOWN_LIST = "岗位廉政风险等级划分"

COUNTY = (
    Shipped("post", 1, "负责股室站全面工作，对股室站设定的职责职能行使具有最终决策权的负责人", _PLAN_POSTS),
    Shipped("post", 1, "行使重点领域和关键环节职责职能的负责人和一般党员干部", _PLAN_POSTS),
    Shipped("post", 2, "工作岗位具有部分重要职责职能的负责人", _PLAN_POSTS),
    Shipped("post", 2, "具有部分重要岗位职责职能的一般党员干部", _PLAN_POSTS),
    Shipped("post", 3, "没有行政审批、管理职能岗位的一般党员干部", _PLAN_POSTS),
    Shipped(
        "section",
        1,
        "具有城乡规划管理、工程项目招投标及工程质量安全监督、建筑管理、造价管理、房地产管理、燃气管理等重要岗位职责职能的股室",
        _PLAN_SECTIONS,
    ),
    Shipped("section", 2, "具有项目勘察设计管理及具有人事、财务、物品采购等岗位职责职能的股室", _PLAN_SECTIONS),
    Shipped("section", 3, "没有行政许可、行政处罚及项目审批权管理职能、服务性质的股室", _PLAN_SECTIONS),
)
TOWNSHIP = (
    Shipped(
        "post",
        1,
        "直接行使执纪执法、行政许可、项目审批及人事管理、财务管理、物资采购供应等重要权力的岗位",
        _TOWN_POSTS,
    ),
    Shipped("post", 1, "党委书记、政府镇长、副镇长、纪检书记、武装部长、党政办主任", _TOWN_LIST),
    Shipped("post", 1, "各站所负责人", _TOWN_LIST),
    Shipped("post", 1, "财务室会计", _TOWN_LIST),
    Shipped(
        "post",
        2,
        "直接行使部分行政许可、项目审批及人事管理、财务管理、物资采购供应等重要权力的岗位",
        _TOWN_POSTS,
    ),
    Shipped("post", 2, "除高级廉政风险岗位和工勤岗位以外的其他岗位", _TOWN_LIST),
    Shipped("post", 3, "基本没有行政许可及项目审批权，较少或基本不掌握人、财、物管理权的岗位", _TOWN_POSTS),
    Shipped("post", 3, "工勤岗位", _TOWN_LIST),
    Shipped(
        "section",
        1,
        "掌握行政许可、项目审批及人事管理、财务管理、物资采购供应等重要权力的股室（站所）",
        _TOWN_SECTIONS,
    ),
    Shipped(
        "section",
        1,
        "农业服务中心、畜牧兽医站、国土资源所、财政所、社会保障室、城镇规划室、电管站、派出所、卫生院、民族学校",
        _TOWN_LIST,
    ),
    Shipped(
        "section",
        2,
        "掌握部分行政许可、项目审批及人事管理、财务管理、物资采购供应等重要权力的股室",
        _TOWN_SECTIONS,
    ),
    Shipped("section", 2, "办公室、文化广电站、林业站、计生办", _TOWN_LIST),
    Shipped(
        "section",
        3,
        "没有行政许可及项目审批权，较少或基本不掌握人、财、物管理权的股室（镇直机关站所）",
        _TOWN_SECTIONS,
    ),
)
SHIPPED: Mapping[str, tuple[Shipped, ...]] = {"county": COUNTY, "township": TOWNSHIP}
"""Profile (as `Unit.Workflow`) -> its table."""
