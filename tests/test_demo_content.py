"""The demo's content as plain JSON: every person, grant and row is complete and nobody real can be found in it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

DEMO = Path(__file__).resolve().parent.parent / "fixtures" / "demo"
WEIGHTS = {"importance": 20, "discretion": 20, "probability": 20, "harm": 20, "mechanism": 10, "history": 10}
ROLES = {
    "section_head",
    "vice_leader",
    "leader",
    "office",
    "inspector",
    "county_office",
    "county_group",
    "filing_body",
    "informant",
    "administrator",
    "security",
    "auditor",
}
RISK_TYPES = {"moral", "duty", "process", "system", "environment"}
LEADERSHIP = {"bureau": "局领导班子", "town": "镇领导班子"}
HALF_WIDTH = re.compile(r"[\u3400-\u9fff][,;:?!()]|[,;:?!()][\u3400-\u9fff]")
NUMBER_OF_A_PERSON = re.compile(r"\d{7,}")

Content = dict[str, Any]


@pytest.fixture(params=["bureau", "town"])
def stem(request: pytest.FixtureRequest) -> str:
    """The name of a demo file, which is also the key of its organisation."""
    return str(request.param)


@pytest.fixture
def content(stem: str) -> Content:
    return read(stem)


def read(stem: str) -> Content:
    loaded: Content = json.loads((DEMO / f"{stem}.json").read_text(encoding="utf-8"))
    return loaded


def posts(content: Content) -> list[Content]:
    """Posts of the sections; those of the authorities stay out."""
    return [post for section in content["sections"] for post in section["posts"]]


def rows(content: Content) -> list[Content]:
    """Rows of the posts and the sections' own rows."""
    of_posts = [row for post in posts(content) for row in post["rows"]]
    return of_posts + [row for section in content["sections"] for row in section["rows"]]


def holders(content: Content) -> list[Content]:
    of_authorities = [post["holder"] for unit in content["authorities"] for post in unit["posts"]]
    return [post["holder"] for post in posts(content)] + of_authorities


def everyone() -> list[Content]:
    return holders(read("bureau")) + holders(read("town"))


def strings(value: Any) -> Iterator[str]:
    """Every text of a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def repeated(texts: list[str]) -> list[str]:
    return [text for text, count in Counter(texts).items() if count > 1]


def level(row: Content) -> int:
    """Level by 六维百分制: weight × grade ÷ 5 summed, 80 and 60 being the floors of levels 1 and 2."""
    score = sum(Decimal(WEIGHTS[code] * grade) / 5 for code, grade in row["grades"].items())
    return 1 if score >= 80 else 2 if score >= 60 else 3


def granted(content: Content, *, role: str) -> list[tuple[str, str]]:
    """(unit, user name) of every grant of the role."""
    return [(grant["unit"], grant["username"]) for grant in content["grants"] if grant["role"] == role]


def test_usernames_are_unique_over_both_files() -> None:
    assert repeated([person["username"] for person in everyone()]) == []


def test_usernames_are_lower_case_ascii_letters() -> None:
    assert [p["username"] for p in everyone() if not re.fullmatch(r"[a-z]{4,40}", p["username"])] == []


def test_names_of_people_are_distinct_over_both_files() -> None:
    assert repeated([person["name"] for person in everyone()]) == []


def test_holders_are_complete() -> None:
    keys = [sorted(person) for person in everyone()]
    assert keys == [["name", "political", "since", "username"]] * len(keys)
    assert [p["since"] for p in everyone() if not re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", p["since"])] == []
    assert [p["name"] for p in everyone() if not p["political"]] == []


def test_size_of_the_bureau() -> None:
    content = read("bureau")
    assert (len(content["sections"]), len(posts(content)), len(rows(content))) == (14, 60, 208)
    assert sum(1 for post in posts(content) if len(post["rows"]) >= 3) >= 45
    assert [post["name"] for post in posts(content) if len(post["rows"]) < 2] == []


def test_size_of_the_town() -> None:
    content = read("town")
    assert (len(content["sections"]), len(posts(content)), len(rows(content))) == (15, 40, 67)
    assert sum(1 for post in posts(content) if len(post["rows"]) >= 2) >= 25


def test_unit_and_post_names_are_distinct(content: Content) -> None:
    units = [unit["name"] for unit in content["sections"] + content["authorities"]]
    assert repeated(units) == []
    for section in content["sections"]:
        assert repeated([post["name"] for post in section["posts"]]) == []


def test_every_grant_resolves(content: Content, stem: str) -> None:
    units = {unit["name"] for unit in content["sections"] + content["authorities"]}
    units |= {content["region"]["name"], content[stem]["name"]}
    usernames = {person["username"] for person in holders(content)}
    unresolved = [
        grant
        for grant in content["grants"]
        if grant["role"] not in ROLES or grant["unit"] not in units or grant["username"] not in usernames
    ]
    assert unresolved == []
    assert repeated([json.dumps(grant, sort_keys=True) for grant in content["grants"]]) == []


def test_every_section_has_one_head_of_its_own(content: Content, stem: str) -> None:
    heads = granted(content, role="section_head")
    expected = [(s["name"], s["posts"][0]["holder"]["username"]) for s in content["sections"]]
    assert sorted(heads) == sorted(pair for pair in expected if pair[0] != LEADERSHIP[stem])


def test_every_section_has_one_vice_leader_from_the_leadership(content: Content, stem: str) -> None:
    leaders = {
        post["holder"]["username"]
        for section in content["sections"]
        if section["name"] == LEADERSHIP[stem]
        for post in section["posts"]
    }
    in_charge = granted(content, role="vice_leader")
    sections = [s["name"] for s in content["sections"] if s["name"] != LEADERSHIP[stem]]
    assert sorted(unit for unit, _ in in_charge) == sorted(sections)
    assert {username for _, username in in_charge} <= leaders


def test_office_leader_inspector_and_administrator_are_different_people(content: Content) -> None:
    counts = dict.fromkeys(("leader", "inspector", "administrator", "security", "auditor"), 1) | {"office": 2}
    people = {role: {username for _, username in granted(content, role=role)} for role in counts}
    assert {role: len(names) for role, names in people.items()} == counts
    heads = {username for _, username in granted(content, role="section_head")}
    assert len(set().union(*people.values())) == 7
    assert (people["administrator"] | people["office"]) & heads == set()


def test_county_roles_stand_on_the_region() -> None:
    content = read("bureau")
    for role in ("county_office", "county_group"):
        assert {unit for unit, _ in granted(content, role=role)} == {content["region"]["name"]}
    assert {unit for unit, _ in granted(content, role="filing_body")} == {content["bureau"]["filing_body"]}


def test_every_row_is_complete(content: Content) -> None:
    for row in rows(content):
        assert sorted(row) == ["grades", "manifestation", "measures", "name", "power", "reasons", "risk_type"]
        assert row["risk_type"] in RISK_TYPES, row["name"]
        assert all([row["power"], row["name"], row["manifestation"], *row["measures"]]), row["name"]
        assert 1 <= len(row["measures"]) <= 3, row["name"]


def test_every_grade_of_five_has_a_reason(content: Content) -> None:
    for row in rows(content):
        assert list(row["grades"]) == list(WEIGHTS), row["name"]
        assert set(row["grades"].values()) <= {1, 2, 3, 4, 5}, row["name"]
        assert {code for code, grade in row["grades"].items() if grade == 5} == set(row["reasons"]), row["name"]
        assert all(row["reasons"].values()), row["name"]


def test_levels_spread_as_in_a_real_bureau() -> None:
    counts = Counter(level(row) for row in rows(read("bureau")))
    assert counts == {1: 31, 2: 94, 3: 83}


def test_no_text_of_a_row_is_used_twice() -> None:
    every = rows(read("bureau")) + rows(read("town"))
    assert repeated([row["manifestation"] for row in every]) == []
    assert repeated([measure for row in every for measure in row["measures"]]) == []


def test_risk_points_of_an_organisation_have_distinct_names(content: Content) -> None:
    assert repeated([row["name"] for row in rows(content)]) == []


def test_criteria_are_quoted_with_their_source(content: Content, stem: str) -> None:
    source = ("实施方案：",) if stem == "bureau" else ("等级划分：", "暂行办法：")
    judged = [content[stem], *content["sections"], *posts(content)]
    assert [item["name"] for item in judged if not item["criteria_basis"].startswith(source)] == []
    assert {item["criteria_rank"] for item in judged} == {1, 2, 3}


def test_service_posts_are_of_the_third_level(content: Content) -> None:
    third = {post["name"] for post in posts(content) if post["criteria_rank"] == 3}
    assert third == {post["name"] for post in posts(content) if "（工勤）" in post["name"]}
    assert len(third) == 2


def test_no_number_could_belong_to_a_person(content: Content) -> None:
    assert [text for text in strings(content) if NUMBER_OF_A_PERSON.search(text)] == []


def test_punctuation_is_full_width(content: Content) -> None:
    assert [text for text in strings(content) if HALF_WIDTH.search(text)] == []


def test_hard_cases_for_papers_are_present() -> None:
    everything = list(strings([read("bureau"), read("town")]))
    assert sum(1 for text in everything if text.startswith("=")) == 1
    assert {name for name in ("何䶮", "刘㛃") if name in everything} == {"何䶮", "刘㛃"}
