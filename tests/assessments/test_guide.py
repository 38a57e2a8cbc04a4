"""The ways on the help page are those that forms really take."""

from itertools import pairwise

import pytest

from assessments.flow import ROUTES, straight
from assessments.guide import profiles
from assessments.models import State

ENDS = {State.ARCHIVED, State.IN_FORCE}


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_straight_way_is_a_chain_from_filling_in_to_the_end(name: str) -> None:
    steps = straight(name)
    assert steps[0].source == State.DRAFT
    assert [(one.target, two.source) for one, two in pairwise(steps) if one.target != two.source] == []
    assert steps[-1].target in ENDS


def test_town_post_goes_as_the_provisional_rules_say() -> None:
    """«暂行办法» 第十三条: 站所会议 → 党政联席会议 → 公示 → 备案."""
    _, town = profiles()
    assert town["title"] == "乡镇"
    way = town["ways"][0]
    assert (way["form"], way["end"]) == ("岗位附件1、4", "执行中")
    assert [f"{step['who']}{step['what']}" for step in way["steps"]] == [
        "填报人提交",
        "股室负责人会议研究并通过",
        "会议记录人会议决定",
        "廉政办发布公示",
        "廉政办公示期满",
        "廉政办报送备案",
        "备案机关备案",
    ]


def test_county_lists_six_forms_in_two_stages_and_three_out_of_turn() -> None:
    county, _ = profiles()
    assert [way["form"] for way in county["ways"]] == [
        "岗位附件1",
        "股室附件2",
        "单位附件3",
        "岗位附件4",
        "股室附件5",
        "单位附件6",
        "年度中重新评定：岗位附件1、4",
        "年度中重新评定：股室附件2、5",
        "年度中重新评定：单位附件3、6",
    ]


def test_switches_stand_with_what_they_are_by_default() -> None:
    county, town = profiles()
    assert county["options"] == {"less": ["岗位表先经股室负责人审核"], "more": ["岗位表经分管领导审核"]}
    assert len(town["options"]["less"] + town["options"]["more"]) == 7
