"""花名册: units, posts and who holds them as three worksheets of one workbook, and what an upload of it would do; reads
only. The writer of what is taken: organisation.actions.staff."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from lianzheng import clock
from lianzheng.intake.comparison import Check, Line, Stored, Verdict, compare
from lianzheng.intake.shown import Asked, asked
from lianzheng.intake.template import Template
from lianzheng.organisation.models import Post, Tenure, Unit, UnitUserGrant, User
from lianzheng.organisation.staff_forms import HolderForm, PostForm, UnitForm
from lianzheng.sheets import Column, Sheet

CODE = "花名册"
KINDS = (Unit.Kind.SECTION, Unit.Kind.STATION, Unit.Kind.LEADERSHIP)
"""What stands below a bureau; the bureau itself is set up by `manage.py establish`."""
POLITICAL = ("中共党员", "中共预备党员", "共青团员", "民主党派", "无党派人士", "群众")
MOST_UNITS, MOST_POSTS, MOST_HOLDERS = 300, 2000, 3000

SECTION = Column("section", "股室", 9, edit=True)
UNITS = Sheet(
    code="机构",
    title="花名册·机构",
    head=(),
    columns=(
        Column("name", "机构名称", 12, edit=True),
        Column("kind", "类别", 7, edit=True, choices=tuple((str(kind), str(kind.label)) for kind in KINDS)),
        Column("short_name", "简称", 8, edit=True),
        Column("duties", "主要职责", 30, edit=True),
    ),
)
POSTS = Sheet(
    code="岗位",
    title="花名册·岗位",
    head=(),
    columns=(
        SECTION,
        Column("name", "岗位（职务）", 12, edit=True),
        Column("duties", "岗位职责", 24, edit=True),
        Column("powers", "岗位职权", 24, edit=True),
    ),
)
HOLDERS = Sheet(
    code="人员",
    title="花名册·人员",
    head=(),
    columns=(
        SECTION,
        Column("post", "岗位（职务）", 12, edit=True),
        Column("name", "姓名", 8, edit=True),
        Column("username", "用户名", 10, edit=True),
        Column("political", "政治面貌", 9, edit=True),
        Column("since", "任职起始", 10, edit=True, day=True),
    ),
)
ABOUT_UNITS = (
    "带*的列必填。一行一个股室、站所或领导班子；本单位不用填。可以改名称、简称、职责；类别不能改，撤销请联系廉政办。"
    "三张工作表（机构、岗位、人员）一起上传核对。"
)
ABOUT_POSTS = (
    "带*的列必填。一行一个岗位；股室可以选，也可以写“机构”表里新增的名称。改“股室”即调整到别的股室。"
    "撤销岗位请由廉政办办理。"
)
ABOUT_HOLDERS = (
    "带*的列必填。一行一人一岗；兼任的各写一行，用户名相同。新用户名即新建账号（小写字母开头，只用小写字母和数字，"
    "至少 3 位），初始密码在网页上发放。换人的，在原来的行写接任人的姓名、用户名和到任日期。离岗的不要删行，"
    "请由廉政办办理“离岗交接”。角色不从这里授予。"
)


class Staff:
    """The list as it is saved now; six queries however long it is."""

    def __init__(self, bureau: Unit) -> None:
        self.bureau = bureau
        every = list(Unit.objects.under(bureau).order_by("order", "name"))
        self.units = [unit for unit in every if unit.active and unit.kind in KINDS]
        self.places = [unit for unit in every if unit.active]
        self.closed_units = {unit.name for unit in every if not unit.active}
        posts = Post.objects.in_bureau(bureau).select_related("unit").order_by("unit__order", "unit__name", "order")
        self.posts = [post for post in posts if post.active and post.unit.active]
        self.closed_posts = {(post.unit.name, post.name) for post in posts if not post.active}
        held = (
            Tenure.objects.in_bureau(bureau)
            .filter(until=None, post__active=True)
            .select_related("person", "post__unit")
        )
        self.tenures = list(held.order_by("post__unit__order", "post__unit__name", "post__order", "since"))
        self.by_key = {str(tenure.pk): tenure for tenure in self.tenures}

    @cached_property
    def stored(self) -> list[list[Stored]]:
        """The rows of the three worksheets. They count no versions: a row is told by what it says."""
        return [
            [Stored(str(unit.pk), 0, _unit_texts(unit)) for unit in self.units],
            [Stored(str(post.pk), 0, _post_texts(post)) for post in self.posts],
            [Stored(str(tenure.pk), 0, _holder_texts(tenure)) for tenure in self.tenures],
        ]

    @cached_property
    def templates(self) -> list[Template]:
        sections = [unit.name for unit in self.places]
        posts = list(dict.fromkeys(post.name for post in self.posts))
        chosen = {"section": sections, "post": posts, "political": POLITICAL}
        return [
            Template(
                UNITS, ABOUT_UNITS, must=("name", "kind"), named=("name",), most=MOST_UNITS, page="机构",
                whole="一个单位的机构",
            ),
            Template(
                POSTS, ABOUT_POSTS, must=("section", "name"), offers={"section": sections}, free=("section",),
                named=("section", "name"), most=MOST_POSTS, page="岗位", whole="一个单位的岗位",
            ),
            Template(
                HOLDERS, ABOUT_HOLDERS, must=("section", "post", "name", "username", "since"), offers=chosen,
                free=tuple(chosen), named=("section", "post", "username"), most=MOST_HOLDERS, page="人员",
                whole="一个单位的人员",
            ),
        ]  # fmt: skip


def _unit_texts(unit: Unit) -> dict[str, str]:
    return {
        "name": unit.name,
        "kind": unit.get_kind_display(),
        "short_name": unit.short_name,
        "duties": unit.duties,
    }


def _post_texts(post: Post) -> dict[str, str]:
    return {"section": post.unit.name, "name": post.name, "duties": post.duties, "powers": post.powers}


def _holder_texts(tenure: Tenure) -> dict[str, str]:
    return {
        "section": tenure.post.unit.name,
        "post": tenure.post.name,
        "name": tenure.person.name,
        "username": tenure.person.username,
        "political": tenure.person.political,
        "since": tenure.since.isoformat(),
    }


Lines = Sequence[Sequence[Line]]
Pair = tuple[UUID, UUID]
"""(post, person)."""


def compared(staff: Staff, book: Lines, *, drafts: Collection[Pair], moving: Collection[UUID]) -> list[list[Verdict]]:
    """What the three worksheets would do, each seen in the light of those before it. `drafts`: posts and people that
    have a form to fill in; `moving`: posts with a form that is not settled."""
    templates, stored = staff.templates, staff.stored
    units = compare(book[0], stored=stored[0], template=templates[0], check=_check_unit(staff))
    places = _places(staff, units)
    posts = compare(book[1], stored=stored[1], template=templates[1], check=_check_post(staff, places, moving))
    known = _posts(staff, posts, places)
    people = _people(staff, book[2])
    check = _HolderCheck(staff, places, known, people, drafts)
    holders = compare(book[2], stored=stored[2], template=templates[2], check=check)
    return [units, posts, holders]


def _check_unit(staff: Staff) -> Check:
    kinds = {str(unit.pk): unit.kind for unit in staff.units}
    taken = staff.closed_units | {staff.bureau.name}

    def check(values: Mapping[str, str], row: Stored | None) -> Asked:
        cleaned, refused = asked(UnitForm(values))
        if cleaned.get("name") in taken:
            refused["name"] = ("这个名称已用于本单位或已撤销的机构", "请换一个名称")
        if row and cleaned.get("kind", kinds[row.id]) != kinds[row.id]:
            refused["kind"] = ("已有机构的类别不能修改", f"请恢复为“{Unit.Kind(kinds[row.id]).label}”")
        return cleaned, refused

    return check


def _places(staff: Staff, verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Name of a unit as typed -> as it will be called: a renamed one goes by either name."""
    found = {unit.name: unit.name for unit in staff.places}
    for verdict in verdicts:
        if verdict.state in ("new", "changed") and verdict.values:
            name = verdict.values["name"]
            if verdict.stored:
                found[verdict.stored.texts["name"]] = name
            found[name] = name
    return found


NO_SECTION = "请填“机构”表中的名称"


def _check_post(staff: Staff, places: Mapping[str, str], moving: Collection[UUID]) -> Check:
    at = {str(post.pk): post for post in staff.posts}

    def check(values: Mapping[str, str], row: Stored | None) -> Asked:
        cleaned, refused = asked(PostForm(values))
        typed = cleaned.get("section", "")
        section = cleaned["section"] = places.get(typed, "")
        if typed and not section:
            refused["section"] = (f"本单位没有股室“{typed[:30]}”", NO_SECTION)
        if (section, cleaned.get("name")) in staff.closed_posts:
            refused["name"] = ("该股室有同名的已撤销岗位", "请换一个名称")
        if row and section and at[row.id].pk in moving and places.get(at[row.id].unit.name) != section:
            refused["section"] = ("这个岗位还有没办完的表，现在不能调整股室", "请恢复原来的股室，办完后再调整")
        return cleaned, refused

    return check


Place = tuple[str, str]
"""(section, post) by name."""


def _posts(staff: Staff, verdicts: Sequence[Verdict], places: Mapping[str, str]) -> dict[Place, Place]:
    """A post as typed -> as it will be called; a renamed or moved one goes by either name."""
    found = {(places[post.unit.name], post.name): (places[post.unit.name], post.name) for post in staff.posts}
    for verdict in verdicts:
        if verdict.state in ("new", "changed") and verdict.values:
            name = verdict.values["section"], verdict.values["name"]
            if verdict.stored:
                before = verdict.stored.texts
                found[places[before["section"]], before["name"]] = name
            found[name] = name
    return found


def _people(staff: Staff, lines: Sequence[Line]) -> dict[str, User | None]:
    """User name -> who has it; None where somebody outside of the bureau does."""
    names = {line.texts["username"].strip() for line in lines}
    inside = Q(Exists(Tenure.objects.in_bureau(staff.bureau).filter(person=OuterRef("pk"))))
    granted = UnitUserGrant.objects.filter(user=OuterRef("pk"), content_object__path__startswith=staff.bureau.path)
    elsewhere = Tenure.objects.within(Q(until=None, person=OuterRef("pk"))).exclude(bureau=staff.bureau)
    found = User.objects.filter(username__in=names).annotate(
        ours=Q(Q(inside | Q(Exists(granted))) & ~Q(Exists(elsewhere)))
    )
    return {user.username: user if user.ours else None for user in found}


class _HolderCheck:
    """Who may hold which post, line by line: a new user name has one name in the whole file."""

    def __init__(
        self,
        staff: Staff,
        places: Mapping[str, str],
        posts: Mapping[Place, Place],
        people: Mapping[str, User | None],
        drafts: Collection[Pair],
    ) -> None:
        self.staff, self.places, self.posts, self.people, self.drafts = staff, places, posts, people, drafts
        self.fresh: dict[str, str] = {}
        self.today = clock.today()

    def __call__(self, values: Mapping[str, str], row: Stored | None) -> Asked:
        cleaned, refused = asked(HolderForm(values, today=self.today))
        refused = self._place(cleaned) | self._person(cleaned) | refused
        if row and not refused:
            refused = self._passed(cleaned, self.staff.by_key[row.id])
        return cleaned, refused

    def _place(self, cleaned: dict[str, Any]) -> dict[str, tuple[str, str]]:
        """Section and post by the names they will have."""
        typed, post = cleaned.get("section", ""), cleaned.get("post", "")
        section = self.places.get(typed, "")
        if typed and not section:
            return {"section": (f"本单位没有股室“{typed[:30]}”", NO_SECTION)}
        found = self.posts.get((section, post))
        if section and post and found is None:
            return {"post": (f"“{section}”没有岗位“{post[:30]}”", "请填“岗位”表中的名称")}
        if found:
            cleaned["section"], cleaned["post"] = found
        return {}

    def _person(self, cleaned: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
        """Nobody else's user name, and one name for one user name."""
        username, name = cleaned.get("username", ""), cleaned.get("name", "")
        person = self.people.get(username)
        if username in self.people and person is None:
            return {"username": ("这个用户名已经有了", "请换一个用户名")}
        known = person.name if person else self.fresh.setdefault(username, name) if username else name
        if name and known != name:
            mend = "换人的，用户名也要换成接任人的"
            return {"name": (f"用户名“{username}”是{known}的，姓名不能从这里改", mend)}
        if person and not person.is_active:
            return {"username": (f"{known}的账号已停用", "请先在“账号管理”中启用")}
        return {}

    def _passed(self, cleaned: Mapping[str, Any], tenure: Tenure) -> dict[str, tuple[str, str]]:
        """A post that passes to somebody else, or a person who passes to another post."""
        post = tenure.post
        here = self.posts.get((self.places[post.unit.name], post.name))
        if cleaned["username"] == tenure.person.username and (cleaned["section"], cleaned["post"]) == here:
            return {}
        if (post.pk, tenure.person_id) in self.drafts:
            mend = "请由廉政办在“离岗交接”中办理，任职随之更换"
            return {"username": (f"{tenure.person.name}在这个岗位上还有没交的表", mend)}
        if not tenure.since < cleaned["since"] <= self.today:
            return {"since": (f"到任日期应晚于原任职起始 {tenure.since}，且不晚于今天", "请填到任日期")}
        return {}
