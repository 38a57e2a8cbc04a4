"""Every address for every role: who gets in, what the others see, and what each answer carries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django.db.models.functions import Now
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse

from assessments.actions import open_calendar, refresh_duties
from assessments.models import Dossier, DutyInstance, Filing, PublicNotice, State
from assessments.notice_files import paper_of
from early_warning.actions import draft_bulletin, issue_bulletin
from lianzheng import clock
from lianzheng.attachments.actions import attach
from lianzheng.attachments.check import scan_of
from lianzheng.attachments.models import Attachment
from lianzheng.desk.models import Package, PackageFile
from lianzheng.organisation.access import signed_in
from lianzheng.organisation.actions import add_criterion, grant
from lianzheng.organisation.models import Deputy
from lianzheng.organisation.roles import role
from registers.actions.powers import save_power
from tests.addresses import ALLOWED, EVERYBODY, FILES, NOTICE, PLAIN
from tests.cast import SINCE, Cast, Round, client_of, judge
from tests.early_warning.play import arguments_of_warnings

CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Every pattern of the URLconf, however deep."""
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver):
            yield from patterns(item)
        else:
            yield item


def undeclared() -> list[str]:
    return [str(item.pattern) for item in patterns() if not getattr(item.callback, "access", None)]


def test_every_view_declares_who_may_open_it() -> None:
    assert undeclared() == []


def bare(request: Any) -> HttpResponse:
    return HttpResponse("secret")


@signed_in
def held(request: Any) -> HttpResponse:
    return HttpResponse("open")


urlpatterns = [path("bare/", bare, name="bare"), path("held/", held, name="held")]


@override_settings(ROOT_URLCONF="tests.test_access")
def test_view_that_declares_nothing_is_found_by_the_walk() -> None:
    assert undeclared() == ["bare/"]


@override_settings(ROOT_URLCONF="tests.test_access")
def test_view_that_declares_nothing_is_not_there(cast: Any) -> None:
    assert client_of(cast["王五"]).get("/bare/").status_code == 404


def filed(year: Round) -> tuple[Filing, Filing]:
    """One filing that was sent, one that was recorded from paper; laid before the desk by hand."""
    for title in ("县住建局", "办公室"):
        rows = Dossier.unscoped.filter(campaign=year.campaign, title=title)
        rows.update(state=State.FILING, route="county.bureau.finding")
    sent = year.send([year.dossier("县住建局")])
    return sent, year.file_on_paper([year.campaign.dossiers.get(title="办公室")])


PDF = b"%PDF-1.4 evidence %%EOF"


def deputation(cast: Cast) -> Deputy:
    """One that has ended, so that it changes nobody's rights here."""
    long_ago = {"since": SINCE, "until": SINCE, "role": "section_head", "unit": cast.units["建筑业股"]}
    row: Deputy = Deputy.objects.create(
        bureau=cast.bureau, principal=cast["李四"], deputy=cast["陈九"], made_by=cast["李四"], **long_ago
    )
    return row


@pytest.fixture
def full(year: Round) -> dict[str, dict[str, Any]]:
    """URL arguments of every address, for a year in which each kind of record exists."""
    finding = year.own
    point = year.fill(finding)[0]
    section = year.dossier("建筑业股")
    rating = year.rating("质量监督岗")
    year.bring(rating, State.NOTICE)
    notice = year.publish([rating])
    objection, _ = year.objection(notice)
    campaign = {"pk": year.campaign.pk}
    own = {"pk": finding.pk}
    row = own | {"row": point.pk}
    rating.refresh_from_db()
    meeting = rating.meeting
    assert meeting is not None
    sent, on_paper = filed(year)
    case = {"pk": sent.pk}
    scan = Attachment.unscoped.get(subject=on_paper.pk)
    scheme = {"pk": year.campaign.scheme_id}
    line = add_criterion(year.cast.bureau, kind="post", rank=1, text="审批权", by=year.cast["王五"])
    grant(role("auditor"), unit=year.cast.bureau, to=year.cast["赵六"], by=None)
    return {
        **{name: {} for name in PLAIN},
        "authority_of": {"pk": year.cast.bureau.pk},
        "authority_file": {"pk": year.cast.bureau.pk, "form": "xlsx"},
        **dict.fromkeys(("years", "rate_anew", "abolish"), own),
        **dict.fromkeys(("appraise", "review_row"), row),
        "criterion": {"pk": line.pk},
        **dict.fromkeys(("dossier", "check", "step", "rows", "report_level", "library", "library_take"), own),
        **dict.fromkeys(("intake", "intake_template", "intake_take"), own),
        **dict.fromkeys(("intake_columns", "intake_paste", "intake_undo"), own),
        **dict.fromkeys(("scheme", "scheme_activate", "scheme_discard"), scheme),
        **dict.fromkeys(("campaign", "open_rating", "meeting_new", "notices", "notice_new", "filing"), campaign),
        **dict.fromkeys(("campaign_remind", "campaign_close", "campaign_reopen"), campaign),
        "handover": {"pk": year.cast["张三"].pk},
        **{name: {} for name in ("handovers", "deputies", "batch", "batch_confirm", "batch_take")},
        "deputy_revoke": {"pk": deputation(year.cast).pk},
        "inbox": {"tab": "todo"},
        "row": row,
        "grade": row,
        "sheet": own | {"code": "1", "form": "xlsx"},
        "rollup": {"pk": section.pk},
        "roll": {"pk": section.pk},
        "meeting": {"pk": meeting.pk},
        "minutes": {"pk": meeting.pk, "form": "xlsx"},
        **dict.fromkeys(("filing_case", "filing_accept", "filing_back"), case),
        "filing_paper": campaign,
        "filing_document": case | {"paper": "letter"},
        "filing_scan": {"pk": on_paper.pk, "attachment": scan.pk},
        **{name: {"pk": notice.pk} for name in NOTICE},
        "notice_rule": campaign,
        "notice_file": {"pk": notice.pk, "form": "xlsx"},
        "objection": {"pk": objection.pk},
        **arguments_of_time(year),
        "calendar_feed": {"secret": open_calendar(by=year.cast["张三"])},
        **arguments_of_papers(year, notice),
        **arguments_of_warnings(year.cast),
    }


def arguments_of_papers(year: Round, notice: PublicNotice) -> dict[str, dict[str, Any]]:
    """Papers that went out, those that are drafted or packed, and a line of the list of powers."""
    paper = paper_of(notice)
    signed = attach(scan_of(PDF), to=paper, name="签字盖章扫描件", by=year.cast["王五"])
    return {
        "verify_paper": {"token": paper.token},
        "issued_paper": {"pk": paper.pk},
        "issued_scan": {"pk": paper.pk, "attachment": signed.pk},
        "report": {"pk": year.campaign.pk, "form": "docx"},
        **dict.fromkeys(("power", "power_retire"), power_of(year)),
        **dict.fromkeys(("package", "package_cancel", "package_file", "package_resume"), package_of(year)),
    }


def package_of(year: Round) -> dict[str, Any]:
    """A package that is ready, made up: how one is made is tested elsewhere."""
    facts = {"bureau": year.cast.bureau, "state": Package.State.PARTLY, "keep_until": clock.today()}
    package = Package.objects.create(campaign=year.campaign, asked_by=year.cast["王五"], site="", **facts)
    content = {"content": b"", "sha256": "0" * 64, "made_at": Now()}
    PackageFile.objects.create(
        bureau=year.cast.bureau, package=package, order=1, name="清单.txt", source="list", form="txt", **content
    )
    return {"pk": package.pk}


def power_of(year: Round) -> dict[str, Any]:
    values = {"section": "建筑业股", "name": "施工许可", "power_kind": "license", "basis": "", "posts": ""}
    return {"pk": save_power(year.cast.bureau, power=None, version=0, values=values, by=year.cast["王五"]).pk}


def duty_of(year: Round) -> DutyInstance:
    """A turn of 张三's post, whose level is put in force by hand."""
    rows = Dossier.unscoped.filter(pk=year.own.pk)
    before = rows.values("stage", "state", "decided_rank", "in_force_on").get()
    rows.update(stage="whole", state=State.IN_FORCE, decided_rank=1, in_force_on=clock.today())
    refresh_duties(year.cast.bureau, by=None)
    rows.update(**before)
    found: DutyInstance = DutyInstance.unscoped.filter(code="self_check", person=year.cast["张三"]).get()
    return found


def arguments_of_time(year: Round) -> dict[str, dict[str, Any]]:
    """Duties with a piece of evidence, and an issued bulletin."""
    turn, office = duty_of(year), year.cast["王五"]
    proof = attach(scan_of(PDF), to=turn, name="佐证材料", by=office)
    bulletin = draft_bulletin(year.cast.bureau, span="half", year=clock.today().year, turn=1, by=office)
    issue_bulletin(bulletin, version=1, by=office)
    lists = ("duties", "duty_board", "calendar_key", "overview", "overdue", "reminders", "warning_limits", "bulletins")
    return {
        **{name: {} for name in (*lists, "bulletin_new")},
        **{name: {"pk": turn.pk} for name in ("duty", "duty_evidence", "duty_signal")},
        "duty_evidence_file": {"pk": turn.pk, "proof": proof.pk},
        **{name: {"pk": bulletin.pk} for name in ("bulletin", "bulletin_issue", "bulletin_file")},
    }


def test_table_of_access_names_every_address(full: dict[str, dict[str, Any]]) -> None:
    assert {item.name for item in patterns()} == set(ALLOWED)
    assert set(full) == set(ALLOWED)


def ask(year: Round, name: str, person: str | None, arguments: dict[str, Any], **options: Any) -> HttpResponse:
    client = client_of(year.cast[person] if person else None, **options)
    url = reverse(name, kwargs=arguments)
    method, _ = ALLOWED[name]
    return sent(client, url, method=method)


def sent(client: Client, url: str, *, method: str) -> HttpResponse:
    """The answer, one in pieces read to its end, where its file is closed."""
    response: Any = client.get(url) if method == "GET" else client.post(url)
    if response.streaming:
        assert b"".join(response.streaming_content)
    answer: HttpResponse = response
    return answer


def test_address_is_open_to_those_named_and_not_there_for_the_others(
    year: Round, full: dict[str, dict[str, Any]]
) -> None:
    opened: dict[str, set[str]] = {name: set() for name in ALLOWED}
    for person in EVERYBODY:
        client = client_of(year.cast[person])
        for name in sorted(ALLOWED, key=lambda name: name == "sign_out"):
            url = reverse(name, kwargs=full[name])
            if sent(client, url, method=ALLOWED[name][0]).status_code != 404:
                opened[name].add(person)
    assert opened == {name: set(allowed) for name, (_, allowed) in ALLOWED.items()}


PUBLIC = {"sign_in", "demo_sign_in", "notice", "notices_public", "objection_new", "objection_answer"}
PUBLIC |= {"verify", "verify_paper", "calendar_feed"}


def test_address_sends_the_anonymous_to_the_door(year: Round, full: dict[str, dict[str, Any]]) -> None:
    for name, arguments in full.items():
        if name in PUBLIC:
            continue
        url = reverse(name, kwargs=arguments)
        response = ask(year, name, None, arguments)
        if ALLOWED[name][0] == "GET":
            assert (response.status_code, response["Location"]) == (302, f"/sign-in/?next={quote(url)}")
        else:
            assert response.status_code == 401, name


def test_notice_for_the_bureau_is_not_there_without_sign_in(year: Round, full: dict[str, dict[str, Any]]) -> None:
    assert ask(year, "notice", None, full["notice"]).status_code == 404


def test_notice_for_the_public_is_there_without_sign_in_and_names_nobody(year: Round) -> None:
    judge("施工许可岗", rank=1)
    dossier = year.bring(year.rating("施工许可岗"), State.NOTICE)
    notice = year.publish([dossier], scope="public", first_public=True)
    response = client_of(None).get(reverse("notice", args=[notice.pk]))
    assert response.status_code == 200
    assert [word for word in ("张三", "68.00") if word in response.content.decode()] == []


def test_unknown_record_and_record_of_another_bureau_look_the_same(
    year: Round, full: dict[str, dict[str, Any]]
) -> None:
    for name, arguments in full.items():
        if "pk" not in arguments:
            continue
        unknown = {key: uuid4() if isinstance(value, UUID) else value for key, value in arguments.items()}
        foreign = ask(year, name, "外人", arguments)
        missing = ask(year, name, "外人", unknown)
        assert (foreign.status_code, foreign.content) == (404, missing.content), name
        assert missing.status_code == 404, name


def test_post_without_token_is_refused(year: Round, full: dict[str, dict[str, Any]]) -> None:
    posts = [name for name, (method, _) in ALLOWED.items() if method == "POST"]
    posts += ["sign_in", "campaign_new", "meeting_new", "notice_new", "filing", "filing_paper"]
    client = client_of(year.cast["王五"], enforce_csrf_checks=True)
    answers = {name: client.post(reverse(name, kwargs=full[name])).status_code for name in posts}
    assert answers == dict.fromkeys(posts, 403)


def test_get_on_what_changes_something_is_not_a_method(year: Round, full: dict[str, dict[str, Any]]) -> None:
    posts = [name for name, (method, _) in ALLOWED.items() if method == "POST"]
    people = {name: next(iter(ALLOWED[name][1]), "王五") for name in posts}
    urls = {name: reverse(name, kwargs=full[name]) for name in posts}
    answers = {name: client_of(year.cast[people[name]]).get(urls[name]).status_code for name in posts}
    assert answers == dict.fromkeys(posts, 405)


def check_headers(response: Any, place: str) -> None:
    assert {part.strip() for part in response["Content-Security-Policy"].split(";")} == CSP, place
    assert {name: response[name] for name in HEADERS} == HEADERS, place
    assert response["Cache-Control"] == "no-store", place


def test_every_answer_carries_the_protective_headers(year: Round, full: dict[str, dict[str, Any]]) -> None:
    for person in ("王五", None):
        for name, arguments in full.items():
            check_headers(ask(year, name, person, arguments), name)
    for url in ("/nowhere/", "/dossiers/none/", "/inbox/unknown/"):
        check_headers(client_of(year.cast["王五"]).get(url), url)


def test_page_contains_no_inline_script_style_or_handler(year: Round, full: dict[str, dict[str, Any]]) -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=|javascript:|https?://(?!www\.w3\.org)")
    for name, arguments in full.items():
        if ALLOWED[name][0] == "GET" and name not in FILES:
            page = ask(year, name, "王五", arguments).content.decode()
            assert inline.findall(page) == [], name


def test_signing_out_clears_what_the_browser_keeps(year: Round) -> None:
    client = client_of(year.cast["张三"])
    response = client.post(reverse("sign_out"))
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get(reverse("home")).status_code == 302


REDIRECTS = [
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
]


@pytest.mark.parametrize("target", REDIRECTS)
def test_redirect_never_leaves_the_house(year: Round, target: str) -> None:
    client = client_of(year.cast["张三"])
    assert client.post(reverse("large_type"), {"next": target})["Location"] == "/"
    person = year.cast["张三"]
    person.set_password("Hang3-zhou-xi-hu")
    person.save()
    entered = {"username": person.username, "password": "Hang3-zhou-xi-hu", "next": target}
    assert client_of(None).post(reverse("sign_in"), entered)["Location"] == "/"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("meeting_new", State.MEETING),
        ("notice_new", State.NOTICE),
        ("notices", State.PUBLISHED),
        ("filing", State.FILING),
        ("filing", State.FILING_SENT),
    ],
)
def test_page_of_a_step_is_open_to_whoever_owes_it(year: Round, answer: str, state: str, moving_clock: None) -> None:
    """A step taken on a page of its own would be a dead end for a person who may not open that page."""
    from assessments.flow import DOSSIERS

    dossier = year.bring(year.rating("施工许可岗"), state)
    own = year.dossier("办公室主任", stage="finding")
    Dossier.unscoped.filter(pk=own.pk).update(state=dossier.state, route=dossier.route, filing=dossier.filing)
    own.refresh_from_db()
    for record in (dossier, own):
        owing = {
            name
            for name, person in year.cast.people.items()
            if any(step.duty and step.place == answer for step in DOSSIERS.open_to(record, person))
        }
        assert owing != set()
        for name in owing:
            url = reverse(answer, args=[year.campaign.pk])
            assert client_of(year.cast[name]).get(url).status_code == 200, (record, name)
