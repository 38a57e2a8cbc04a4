"""A staff list as long as it may be, nearly all of it new people, through the page that takes it: read, compared and
shown, as its person waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import cycle, islice

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from lianzheng.intake.workbook import Handed, book_of
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.roles import Right
from lianzheng.organisation.staff import CODE, MOST_HOLDERS, Staff


def client_of(user: User) -> Client:
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def workbook(bureau: Unit) -> bytes:
    """The list as it is handed out, and new people in its posts until it is full."""
    listed = Staff(bureau)
    lines = [[Handed(row.texts, row.key) for row in rows] for rows in listed.stored]
    places = [(row.texts["section"], row.texts["name"]) for row in listed.stored[1]]
    for number, (section, post) in enumerate(islice(cycle(places), MOST_HOLDERS - len(lines[2]))):
        texts = {"section": section, "post": post, "name": f"人员{number}", "username": f"new{number}"}
        lines[2].append(Handed(texts | {"political": "", "since": ""}))
    return book_of(list(zip(listed.templates, lines, strict=True)), code=CODE, table=str(bureau.pk))


def lines() -> Iterator[str]:
    bureau = Unit.objects.filter(kind=Unit.Kind.BUREAU)[0]
    keeper = User.objects.filter(unitusergrant__permission__codename=Right.ADMINISTER)[0]
    client = client_of(keeper)
    content, took = workbook(bureau), []
    for _ in range(3):
        began = time.perf_counter()
        page = client.post(reverse("staff", args=[bureau.pk]), {"file": SimpleUploadedFile("花名册.xlsx", content)})
        took.append(time.perf_counter() - began)
        assert page.status_code == 200
    yield f"花名册 {MOST_HOLDERS} 行，上传到看到核对结果：{min(took):.2f}–{max(took):.2f} 秒（预算 3）"
