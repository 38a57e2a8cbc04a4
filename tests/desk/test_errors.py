"""What a person sees when something broke: a sentence and a code; where it was the database, they come again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from lianzheng.desk import errors
from lianzheng.organisation.access import public


@public
def asks(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("there")


@public
def stumbles(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("secret words")


@public
def waits(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 50")
        cursor.execute("SELECT pg_sleep(5)")
    return HttpResponse("never")


urlpatterns = [path("asks/", asks), path("stumbles/", stumbles), path("waits/", waits)]
handler500 = errors.broken


@pytest.fixture
def client() -> Iterator[Client]:
    with override_settings(ROOT_URLCONF="tests.desk.test_errors"):
        yield Client(raise_request_exception=False)


def test_database_that_is_away_is_503_with_a_sentence_and_no_stack(committed: object, client: Client) -> None:
    """The connection leads to a folder in which no server listens; then it is back."""
    usual = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict["HOST"] = "/nonexistent"
    try:
        answer = client.get("/asks/")
    finally:
        connection.close()
        connection.settings_dict.update(usual)
    text = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert ("系统暂时不可用" in text, "Traceback" in text, "nonexistent" in text) == (True, False, False)
    assert client.get("/asks/").content == b"there"


def test_statement_that_took_too_long_is_503_as_well(db: None, client: Client) -> None:
    assert client.get("/waits/").status_code == 503


def test_fault_of_our_own_is_500_and_tells_nothing(db: None, client: Client) -> None:
    answer = client.get("/stumbles/")
    assert (answer.status_code, "secret words" in answer.content.decode()) == (500, False)
