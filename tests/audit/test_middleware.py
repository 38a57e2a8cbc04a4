"""What the journal and the field history learn from a request."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from lianzheng.audit.models import Entry
from tests.cast import Round, client_of


def refusals() -> list[tuple[str, str, object]]:
    rows = Entry.objects.filter(act="访问被拒").order_by("id")
    return [(row.by.name if row.by else "", row.detail["地址"], row.subject) for row in rows]


def test_whoever_asks_for_what_is_not_theirs_is_noted(year: Round) -> None:
    own, unknown = year.own.pk, uuid4()
    stranger = client_of(year.cast["外人"])
    stranger.get(reverse("dossier", args=[own]))
    stranger.post(reverse("step", args=[own]))
    stranger.get(reverse("dossier", args=[unknown]))
    client_of(year.cast["张三"]).get(reverse("journal"))
    assert refusals() == [
        ("外人", "dossier", own),
        ("外人", "step", own),
        ("外人", "dossier", unknown),
        ("张三", "journal", None),
    ]
    assert Entry.objects.filter(act="访问被拒", by=year.cast["张三"]).get().bureau == year.cast.bureau


def test_slip_of_the_pen_an_open_page_and_the_anonymous_are_not_noted(year: Round) -> None:
    client_of(year.cast["张三"]).get("/nowhere/")
    client_of(year.cast["张三"]).get(reverse("dossier", args=[year.own.pk]))
    client_of(None).get(reverse("dossier", args=[year.own.pk]))
    assert refusals() == []


@pytest.mark.parametrize(
    "attack",
    [
        """UPDATE pghistory_context SET metadata = '{"person": "someone else"}'""",
        "DELETE FROM pghistory_context",
    ],
)
def test_author_of_a_version_is_never_another(year: Round, attack: str) -> None:
    url = reverse("row", args=[year.own.pk, year.fill(year.own)[0].pk])
    client_of(year.cast["张三"]).post(url, {"version": 1, "name": "换过的名称"})
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT metadata->>'person' FROM pghistory_context")
        assert cursor.fetchall() == [(str(year.cast["张三"].pk),)]
