"""What the office sets for its bureau: criteria, words, optional steps; forms being filled in follow, others do not."""

from typing import Any

import pytest

from assessments.models import Dossier, State
from lianzheng.organisation.actions import add_criterion, adopt_criteria, apply_criterion
from lianzheng.organisation.criteria import SHIPPED
from lianzheng.organisation.models import Criterion, Post, Unit
from tests.cast import Cast, Round, client_of


@pytest.fixture
def line(year: Round, cast: Cast) -> Criterion:
    """A line under which 张三's post falls."""
    made = add_criterion(cast.bureau, kind="post", rank=1, text="直接行使审批权", source="第十二条", by=cast["王五"])
    apply_criterion(cast.posts["建筑业股/施工许可岗"], line=made, by=cast["王五"])
    return made


def posted(line: Criterion, **changes: str) -> dict[str, str]:
    """The line's form as the page would send it unchanged."""
    values = {"version": str(line.version), "rank": str(line.rank), "text": line.text, "source": line.source}
    return values | {"do": "save"} | changes


def test_both_shipped_tables_are_taken_in_once(cast: Cast) -> None:
    for profile, lines in SHIPPED.items():
        assert adopt_criteria(cast.bureau, profile=profile, by=cast["王五"]) == len(lines)
        assert adopt_criteria(cast.bureau, profile=profile, by=cast["王五"]) == 0
    kept = Criterion.objects.in_bureau(cast.bureau).values_list("kind", "rank", "text", "source")
    assert set(kept) == {(item.kind, item.rank, item.text, item.source) for table in SHIPPED.values() for item in table}


def test_proposal_names_the_line_that_decided(line: Criterion, year: Round) -> None:
    dossier = year.rating("施工许可岗")
    year.rate(dossier)
    assert (dossier.proposed_rank, dossier.proposed_reason) == (
        1,
        "按划分标准应定一级（第十二条：直接行使审批权）；按评分有 1 个风险点为二级（“审批把关不严”），取其高者。",
    )


def test_changed_line_moves_open_forms_and_leaves_what_was_handed_in(line: Criterion, year: Round, cast: Cast) -> None:
    handed_in = year.rating("施工许可岗")
    year.rate(handed_in, rank=1)
    year.take(handed_in, "submit", "张三")
    other = cast.posts["建筑业股/质量监督岗"]
    apply_criterion(other, line=line, by=cast["王五"])
    still_open = year.rating("质量监督岗")
    year.rate(still_open)
    answer = client_of(cast["王五"]).post(f"/criteria/{line.pk}/", posted(line, rank="2"))
    assert answer.status_code == 302
    ranks = {paper.pk: paper.proposed_rank for paper in Dossier.unscoped.filter(stage="rating")}
    assert (ranks[handed_in.pk], ranks[still_open.pk]) == (1, 2)


def test_line_changed_by_somebody_else_meanwhile_is_told(line: Criterion, cast: Cast) -> None:
    client = client_of(cast["王五"])
    assert client.post(f"/criteria/{line.pk}/", posted(line, rank="2")).status_code == 302
    late = client.post(f"/criteria/{line.pk}/", posted(line, rank="3"))
    assert (late.status_code, Criterion.unscoped.get(pk=line.pk).rank) == (422, 2)
    assert "这条标准已被他人修改，请按最新内容办理。" in late.content.decode()


@pytest.mark.parametrize(
    "changes", [{"rank": "4"}, {"rank": "NaN"}, {"rank": "二"}, {"text": ""}, {"text": "长" * 301}]
)
def test_line_that_is_none_is_a_sentence(line: Criterion, cast: Cast, changes: dict[str, str]) -> None:
    answer = client_of(cast["王五"]).post(f"/criteria/{line.pk}/", posted(line, **changes))
    assert answer.status_code == 422
    assert Criterion.unscoped.get(pk=line.pk).version == line.version


def test_refused_line_keeps_what_was_typed(line: Criterion, cast: Cast) -> None:
    answer = client_of(cast["王五"]).post(f"/criteria/{line.pk}/", posted(line, text="新的写法", version="9"))
    assert "新的写法</textarea>" in answer.content.decode()


def test_retired_line_is_offered_no_more_and_still_explains(line: Criterion, year: Round, cast: Cast) -> None:
    dossier = year.rating("施工许可岗")
    year.rate(dossier, rank=1)
    year.take(dossier, "submit", "张三")
    assert client_of(cast["王五"]).post(f"/criteria/{line.pk}/", posted(line, do="retire")).status_code == 302
    page = client_of(cast["王五"]).get("/criteria/").content.decode()
    assert f'<option value="{line.pk}"' not in page
    assert "第十二条：直接行使审批权" in client_of(cast["张三"]).get(dossier.get_absolute_url()).content.decode()


def test_posts_and_sections_are_put_under_lines_by_the_page(line: Criterion, year: Round, cast: Cast) -> None:
    post = cast.posts["建筑业股/质量监督岗"]
    data = {f"line-{post.pk}": str(line.pk), f"note-{post.pk}": "负责验收"}
    assert client_of(cast["王五"]).post("/criteria/apply/", data).status_code == 302
    kept = Post.unscoped.get(pk=post.pk)
    assert (kept.criterion, kept.criterion_note) == (line, "负责验收")
    section = cast.units["建筑业股"]
    refused = client_of(cast["王五"]).post("/criteria/apply/", {f"line-{section.pk}": str(line.pk)})
    assert refused.status_code == 422
    assert "这条标准不适用，请重新选择。" in refused.content.decode()


def test_stranger_changes_no_line(line: Criterion, cast: Cast) -> None:
    assert client_of(cast["外人"]).post(f"/criteria/{line.pk}/", posted(line, rank="3")).status_code == 404
    post = cast.posts["建筑业股/施工许可岗"]
    client_of(cast["外人"]).post("/criteria/apply/", {f"line-{post.pk}": ""})
    assert Post.unscoped.get(pk=post.pk).criterion == line


def test_open_forms_follow_the_switched_steps_and_words(year: Round, cast: Cast) -> None:
    handed_in = year.bring(year.own, State.SECTION)
    form = {"vocabulary": "weight", "post.vice": "on"}
    assert client_of(cast["王五"]).post("/settings/", form).status_code == 302
    bureau = Unit.objects.get(pk=cast.bureau.pk)
    assert (bureau.vocabulary, bureau.switches) == ("weight", ["post.section", "post.vice"])
    handed_in.refresh_from_db()
    assert handed_in.route == "county.post.finding"
    assert year.dossier("质量监督岗").route == "county.post.finding-section+vice"
    page = client_of(cast["王五"]).get("/settings/").content.decode()
    assert page.count("checked") == 1


@pytest.mark.parametrize(
    ("vocabulary", "word"),
    [("ordinal", "二级"), ("height", "中级"), ("weight", "防范"), ("roman", "Ⅱ级"), ("colour", "橙色")],
)
def test_level_is_stored_as_a_rank_and_shown_in_the_words_of_the_bureau(
    year: Round, cast: Cast, vocabulary: str, word: str
) -> None:
    dossier = year.rating("施工许可岗")
    year.rate(dossier)
    client_of(cast["王五"]).post("/settings/", {"vocabulary": vocabulary, "post.section": "on"})
    dossier.refresh_from_db()
    assert dossier.proposed_rank == 2
    page = client_of(cast["张三"]).get(dossier.get_absolute_url()).content.decode()
    assert f"{word}：按评分有 1 个风险点为{word}" in page


def test_word_that_is_none_changes_nothing(year: Round, cast: Cast) -> None:
    assert client_of(cast["王五"]).post("/settings/", {"vocabulary": "gold"}).status_code == 422
    assert Unit.objects.get(pk=cast.bureau.pk).vocabulary == "ordinal"


@pytest.mark.parametrize("number", [1, 3])
def test_page_of_criteria_asks_as_few_questions_for_three(
    year: Round, cast: Cast, number: int, django_assert_num_queries: Any
) -> None:
    for n in range(number):
        add_criterion(cast.bureau, kind="post", rank=1, text=f"标准{n}", by=cast["王五"])
    client = client_of(cast["王五"])
    client.get("/criteria/")
    with django_assert_num_queries(12):
        client.get("/criteria/")
