"""预警信息员网络: centre, reporting points, informants; each for a unit, and the right goes with the seat."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from early_warning import network
from early_warning.actions import appoint_seat, end_seat, judge_signal
from early_warning.colours import Office, Part
from early_warning.models import NetworkSeat, Outcome, Tier
from lianzheng.audit.models import Entry
from lianzheng.flow import Refused
from lianzheng.organisation.actions import decide_grant
from lianzheng.organisation.models import GrantRequest
from lianzheng.organisation.rights import holds
from lianzheng.organisation.roles import Right
from tests.at_once import together
from tests.cast import Cast, Round, again, client_of
from tests.early_warning.play import Case

PLACE = "network"


def seat(cast: Cast, name: str, unit: str, tier: str = Tier.INFORMANT) -> NetworkSeat:
    return appoint_seat(cast[name], unit=cast.units[unit], tier=tier, by=again(cast["赵六"]))


def confirm(cast: Cast) -> None:
    """The security administrator confirms what waits."""
    for row in GrantRequest.objects.filter(outcome=""):
        decide_grant(row, outcome=GrantRequest.Outcome.CONFIRMED, by=again(cast["安全员"]))


def may_report(cast: Cast, name: str, unit: str = "建筑业股") -> bool:
    return holds(again(cast[name]), Right.REPORT_SIGNAL, unit=cast.units[unit])


def test_informant_needs_a_reporting_point_above_him(cast: Cast) -> None:
    with pytest.raises(Refused, match="请先设报送点"):
        seat(cast, "陈九", "建筑业股")
    seat(cast, "李四", "办公室", Tier.POINT)
    with pytest.raises(Refused, match="请先设报送点"):
        seat(cast, "陈九", "建筑业股")
    assert not may_report(cast, "陈九")
    seat(cast, "王五", "县住建局", Tier.POINT)
    seat(cast, "陈九", "建筑业股")
    assert not may_report(cast, "陈九")
    confirm(cast)
    assert (may_report(cast, "陈九"), may_report(cast, "陈九", "办公室")) == (True, False)


def test_network_is_a_tree_and_an_informant_belongs_to_the_nearest_point(cast: Cast) -> None:
    seat(cast, "王五", "县住建局", Tier.POINT)
    seat(cast, "李四", "建筑业股", Tier.POINT)
    seat(cast, "陈九", "建筑业股")
    seat(cast, "张三", "办公室")
    assert network.centre(cast.bureau) == ["赵六"]
    found = [(p.keeper.person.name, [i.person.name for i in p.informants]) for p in network.points(cast.bureau)]
    assert found == [("王五", ["张三"]), ("李四", ["陈九"])]


def test_end_takes_the_right_with_the_last_seat_and_leaves_no_informant_alone(cast: Cast) -> None:
    point = seat(cast, "李四", "建筑业股", Tier.POINT)
    own = seat(cast, "李四", "建筑业股")
    confirm(cast)
    with pytest.raises(Refused, match="建筑业股还有预警信息员"):
        end_seat(point, by=cast["赵六"])
    end_seat(own, by=cast["赵六"])
    assert may_report(cast, "李四")
    end_seat(point, by=cast["赵六"])
    assert not may_report(cast, "李四")
    with pytest.raises(Refused, match="已经结束"):
        end_seat(point, by=cast["赵六"])
    assert NetworkSeat.unscoped.filter(ended_at=None).count() == 0
    assert list(Entry.objects.filter(by=cast["赵六"], act__startswith="解聘").values_list("act", flat=True)) == [
        "解聘报送点联系人",
        "解聘预警信息员",
    ]


def test_seat_twice_and_a_second_keeper_are_refused(cast: Cast) -> None:
    seat(cast, "李四", "建筑业股", Tier.POINT)
    for name in ("李四", "陈九"):
        with pytest.raises(Refused):
            seat(cast, name, "建筑业股", Tier.POINT)
    assert NetworkSeat.unscoped.count() == 1


def test_ten_clerks_at_once_set_one_reporting_point(committed: Round) -> None:
    cast = committed.cast
    names = [*cast.people][:10]
    answers = together(lambda n: str(seat(cast, names[n], "建筑业股", Tier.POINT).tier))
    assert answers.count("point") == 1
    assert set(answers) == {"point", "建筑业股已设报送点，请先解聘原联系人。"}


def test_page_appoints_and_ends_and_says_what_it_cannot(cast: Cast) -> None:
    client, section = client_of(cast["赵六"]), cast.units["建筑业股"]
    values = {"tier": "informant", "unit": str(section.pk), "person": str(cast["陈九"].pk)}
    answer = client.post(reverse(PLACE), values)
    assert (answer.status_code, "请先设报送点" in answer.content.decode()) == (422, True)
    assert f'<option value="{cast["陈九"].pk}" selected>' in answer.content.decode()
    point = {"tier": "point", "unit": str(cast.bureau.pk), "person": str(cast["王五"].pk)}
    assert [client.post(reverse(PLACE), data).status_code for data in (point, values)] == [302, 302]
    assert "解聘" in client.get(reverse(PLACE)).content.decode()
    made = NetworkSeat.unscoped.get(tier="informant")
    assert client.get(reverse(PLACE)).content.decode().count("待安全管理员确认") == 2
    client.post(reverse("network_end", args=[made.pk]))
    made.refresh_from_db()
    assert made.ended_at is not None
    confirm(cast)
    assert (may_report(cast, "陈九"), may_report(cast, "王五")) == (False, True)
    stranger = {"tier": "informant", "unit": str(cast.other.pk), "person": str(cast["外人"].pk)}
    assert client.post(reverse(PLACE), stranger).status_code == 422


def test_page_asks_as_often_for_three_seats_as_for_one(cast: Cast) -> None:
    asked = []
    seat(cast, "王五", "县住建局", Tier.POINT)
    for names in (("陈九",), ("张三", "李四")):
        for name in names:
            seat(cast, name, "建筑业股")
        with CaptureQueriesContext(connection) as captured:
            assert client_of(again(cast["赵六"])).get(reverse(PLACE)).status_code == 200
        asked.append(len(captured))
    assert asked[0] == asked[1]


def test_menu_counts_the_signals_that_wait_for_judgement(cast: Cast) -> None:
    def count() -> list[int | None]:
        menu = client_of(again(cast["赵六"])).get(reverse("help")).context["menu"]
        return [item["count"] for group in menu for item in group["items"] if item["label"] == "预警信息"]

    assert count() == [0]
    case = Case(cast)
    assert count() == [1]
    handled = {"office": Office.KEY_POST, "part": Part.OTHER, "by": again(cast["赵六"])}
    judge_signal(case.signal, outcome=Outcome.KEPT, reason="不构成", **handled)
    assert count() == [0]
