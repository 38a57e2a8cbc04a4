"""The report of a round drafted from its data: what it says, and that the file to edit says the same as the paper."""

from __future__ import annotations

import io
from typing import Any

import docx
import pytest
from django.urls import reverse

from assessments.models import State
from assessments.report import document_of
from lianzheng.audit.models import Entry
from lianzheng.render import official
from lianzheng.render.docx import document
from lianzheng.render.official import Annex, Document, Heading, Paragraph, Table
from tests.cast import GRADES, Round, client_of, row


@pytest.fixture
def rated(year: Round) -> Round:
    """A post with two points of unlike weight, rated and decided."""
    rows = [row(name="审批把关不严"), row(name="资料流转拖延", manifestation="无故拖延。", measures="限时办结。")]
    year.fill(year.own, rows)
    year.bring(year.rating("施工许可岗"), State.NOTICE)
    return year


def texts(year: Round) -> list[str]:
    """Every heading and paragraph, lead and text together."""
    return [
        block.text if isinstance(block, Heading) else block.lead + block.text
        for block in document_of(year.campaign).blocks
        if isinstance(block, Heading | Paragraph)
    ]


def test_report_names_the_dimensions_and_weights_of_the_rounds_own_scheme(rated: Round) -> None:
    [sentence] = [text for text in texts(rated) if text.startswith("采用多维度评估指标")]
    weights = [f"{item['name']}（权重{item['weight']}%）" for item in rated.campaign.scheme.dimensions]
    assert len(weights) == len(GRADES)
    assert sentence == f"采用多维度评估指标，对各风险点进行综合评分，总分为100分。评估指标为：{'、'.join(weights)}。"


def test_report_lists_points_by_business_link_with_level_and_measures(rated: Round) -> None:
    said = texts(rated)
    assert said[said.index("三、主要业务环节廉政风险清单及防控措施") + 1 :] == [
        "本次排查围绕施工许可审批等1个方面展开。",
        "（一）施工许可审批",
        "廉政风险点表现形式：",
        "1.审批把关不严：对申报资料审查不严，为不符合条件的项目办理许可。",
        "2.资料流转拖延：无故拖延。",
        "风险等级：二级风险。",
        "主要防控措施：",
        "1.实行双人审查，逐项核对清单并留痕。",
        "2.每季度抽查已办结事项。",
        "3.限时办结。",
    ]


def test_report_prefers_what_the_section_rolled_up_and_gives_it_the_level_of_its_sources(rated: Round) -> None:
    section = rated.dossier("建筑业股")
    [point] = rated.fill(section, [row(power="施工许可", name="许可审批失守")])
    point.sources.set(rated.own.table.rows())
    said = texts(rated)
    assert "（一）施工许可" in said
    assert "1.许可审批失守：对申报资料审查不严，为不符合条件的项目办理许可。" in said
    assert "风险等级：二级风险。" in said


def test_report_of_a_round_without_points_says_so(year: Round) -> None:
    assert texts(year)[-1] == "本年度还没有查找出风险点。"


def test_figures_of_the_report_are_those_of_the_ledger(rated: Round) -> None:
    [annex] = document_of(rated.campaign).annexes
    table: Any = annex.blocks[0]
    line = dict(zip(table.headers, next(row for row in table.rows if row[0] == "建筑业股"), strict=True))
    assert (line["岗位数"], line["二级岗位"], line["风险点数"], line["二级风险点"], line["未评定"]) == (
        "3",
        "1",
        "2",
        "2",
        "0",
    )


def test_file_to_edit_says_what_the_paper_says(rated: Round) -> None:
    drafted = document_of(rated.campaign)
    file = docx.Document(io.BytesIO(document(drafted)))
    lines = [paragraph.text for paragraph in file.paragraphs if paragraph.text]
    assert lines[0] == drafted.title.replace("\n", "")
    assert lines[1 : 1 + len(drafted.blocks)] == texts(rated)
    assert lines[1 + len(drafted.blocks) :] == [
        "附件：廉政风险等级汇总统计表",
        drafted.organ,
        official.long_date(drafted.on) if drafted.on else "",
        "附件",
        "廉政风险等级汇总统计表",
    ]
    table: Any = drafted.annexes[0].blocks[0]
    cells = [[cell.text for cell in line.cells] for line in file.tables[0].rows]
    assert cells == [list(table.headers), *(list(line) for line in table.rows)]


def test_file_to_edit_has_the_page_and_the_faces_of_the_standard() -> None:
    doc = Document(
        title="标题",
        blocks=[Heading("一、甲"), Heading("（一）乙", 2), Paragraph("正文。")],
        head="县住建局",
        number="住建〔2026〕1号",
        annexes=(Annex("表", (Table(("甲",), (("乙",),), (1,)),)),),
    )
    file = docx.Document(io.BytesIO(document(doc)))
    page: Any = file.sections[0]
    measured = (page.page_width, page.page_height, page.top_margin, page.left_margin)
    assert [round(length.mm) for length in measured] == [210, 297, 37, 28]
    faces = {paragraph.text: paragraph.runs[-1].font.name for paragraph in file.paragraphs if paragraph.text}
    assert faces == {
        "县住建局": "方正小标宋简体",
        "住建〔2026〕1号": "仿宋_GB2312",
        "标题": "方正小标宋简体",
        "一、甲": "黑体",
        "（一）乙": "楷体_GB2312",
        "正文。": "仿宋_GB2312",
        "附件：表": "仿宋_GB2312",
        "附件": "黑体",
        "表": "方正小标宋简体",
    }
    assert file.core_properties.author == ""


def test_export_of_the_report_is_in_the_journal(rated: Round) -> None:
    answers = {
        form: client_of(rated.cast["王五"]).get(reverse("report", args=[rated.campaign.pk, form])).status_code
        for form in ("docx", "txt")
    }
    assert answers == {"docx": 200, "txt": 404}
    assert Entry.objects.filter(act="导出排查情况报告", by=rated.cast["王五"]).count() == 1
