"""Lists, counts, searches, exports, files and their names: nothing of another bureau is in any of them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from pypdf import PdfReader

from assessments.actions import open_campaign
from assessments.models import Dossier
from early_warning.actions import draft_bulletin, issue_bulletin
from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.organisation.actions import add_criterion, create_post, grant, start_tenure
from lianzheng.organisation.models import Deputy, GrantRequest, User
from lianzheng.organisation.roles import role
from registers.actions import add_points
from tests.addresses import ALLOWED
from tests.cast import SINCE, YEAR, Cast, client_of, row
from tests.world import World, undone

MARK = "外局密"
READERS = ("王五", "赵六", "管理员", "审计员")
SEARCHED = {
    "inbox": "q=密",
    "journal": "act=密&person=",
    "journal_export": "act=密",
    "warnings": "state=&colour=",
    "overview": "year=2026",
}


@pytest.fixture
def foreign(world: World) -> Cast:
    """The other bureau with something of each kind, all of it under one mark."""
    cast = world.cast
    other, section, office = cast.other, cast.units["水政股"], cast["外人"]
    person = User.objects.create_user("foreigner", name=f"{MARK}人", phone="0000-99")
    post = create_post(section, name=f"{MARK}岗", by=None, duties=f"{MARK}职责")
    start_tenure(person, post=post, since=SINCE, by=None)
    grant(role("informant"), unit=section, to=person, by=None)
    campaign = open_campaign(
        other, year=YEAR, title=f"{MARK}排查", finding_due=date(YEAR, 2, 15), rating_due=date(YEAR, 2, 25), by=office
    )
    own = Dossier.unscoped.get(campaign=campaign, title__startswith=post.name, stage="finding")
    add_points(own.table, rows=[row(name=f"{MARK}风险", manifestation=f"{MARK}表现")], by=person)
    add_criterion(other, kind="post", rank=1, text=f"{MARK}标准", by=office)
    record(f"{MARK}事", bureau=other, by=person)
    today = clock.today()
    names = {"principal": office, "deputy": person, "made_by": office, "role": "office", "unit": other}
    Deputy.objects.create(bureau=other, **names, since=today, until=today, reason=f"{MARK}出差")
    GrantRequest.objects.create(unit=section, person=person, role="informant", reason=f"{MARK}由", asked_by=office)
    bulletin = draft_bulletin(other, span="half", year=today.year, turn=1, by=office)
    issue_bulletin(bulletin, version=1, by=office)
    return cast


def texts(response: Any) -> Iterator[str]:
    """Everything a reader gets: headers, page, cells, pages of a PDF and what it says of itself."""
    yield " ".join(f"{name}: {value}" for name, value in response.items())
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(content)) as book:
            yield from (book.read(name).decode("utf-8", "replace") for name in book.namelist())
    elif content.startswith(b"%PDF") and b"startxref" in content:
        paper = PdfReader(BytesIO(content))
        yield str(paper.metadata)
        yield from (page.extract_text() for page in paper.pages)
    else:
        yield content.decode("utf-8", "replace")


def shown(client: Any, world: World, name: str) -> set[str]:
    """Addresses among those of this name, plain and searched, whose answer bears the mark."""
    url = reverse(name, kwargs=world.full[name])
    urls = [url] + ([f"{url}?{SEARCHED[name]}"] if name in SEARCHED else [])
    with undone():
        return {at for at in urls if any(MARK in text for text in texts(client.get(at)))}


@pytest.mark.parametrize("name", READERS)
def test_nothing_of_another_bureau_is_in_any_list_search_export_or_file_name(
    world: World, foreign: Cast, name: str
) -> None:
    client = client_of(foreign[name])
    places = [place for place, (method, allowed) in ALLOWED.items() if method == "GET" and name in allowed]
    places = [place for place in places if name == "王五" or not world.full[place] or place in SEARCHED]
    assert {at for place in places for at in shown(client, world, place)} == set()


def test_probe_finds_what_the_other_bureau_sees(world: World, foreign: Cast) -> None:
    """The control: the same probe, by somebody to whom all of it is open."""
    client = client_of(foreign["外人"])
    assert (
        len({place for place in ("campaigns", "criteria", "deputies", "handovers") if shown(client, world, place)}) == 4
    )
