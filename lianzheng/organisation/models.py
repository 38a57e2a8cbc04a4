"""Units, posts, tenures, people and the grants that say who may do what in which unit."""

from functools import cached_property
from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from lianzheng.classification import classified
from lianzheng.organisation.roles import BUSINESS, THREE, Right
from lianzheng.organisation.scoping import BureauModel, new_id
from lianzheng.secrecy import Indexed, sealed_field


class Rank(models.IntegerChoices):
    """Risk level as stored; the words come from the bureau's vocabulary. 1 is the heaviest."""

    FIRST = 1, "一级"
    SECOND = 2, "二级"
    THIRD = 3, "三级"


class UnitQuerySet(models.QuerySet["Unit"]):
    """The two lookups of the tree; both ride on the text path."""

    def under(self, unit: "Unit") -> "UnitQuerySet":
        """The unit and everything below it."""
        return self.filter(path__startswith=unit.path)

    def over(self, unit: "Unit") -> "UnitQuerySet":
        """The unit and everything above it, the top first."""
        return self.filter(pk__in=unit.lineage()).order_by("path")


class Unit(models.Model):
    """A node of the one tree: region, bureau or town, section or station, or a county authority."""

    class Kind(models.TextChoices):
        REGION = "region", "县（市、区）"
        BUREAU = "bureau", "局"
        TOWN = "town", "乡镇"
        SECTION = "section", "股室"
        STATION = "station", "站所"
        LEADERSHIP = "leadership", "领导班子"
        AUTHORITY = "authority", "县级机关"

    class Workflow(models.TextChoices):
        COUNTY = "county", "县直部门"
        TOWNSHIP = "township", "乡镇"

    class Vocabulary(models.TextChoices):
        ORDINAL = "ordinal", "一级、二级、三级"
        HEIGHT = "height", "高级、中级、低级"
        WEIGHT = "weight", "重点、防范、一般"
        ROMAN = "roman", "Ⅰ级、Ⅱ级、Ⅲ级"
        COLOUR = "colour", "红色、橙色、黄色"

    class NoticeRule(models.TextChoices):
        USUAL = "usual", "岗位本单位、股室和单位系统内，一级经勾选可社会公开"
        FIRST_PUBLIC = "first_public", "一级风险一律社会公开，其余同上"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级"
    )
    path = models.TextField("路径", unique=True, editable=False, db_collation="C")
    bureau = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="+", verbose_name="所属单位"
    )
    kind = models.CharField("类别", max_length=12, choices=Kind)
    name = models.CharField("名称", max_length=60)
    short_name = models.CharField("简称", max_length=20, blank=True)
    order = models.PositiveSmallIntegerField("排序", default=0)
    duties = models.TextField("主要职责", blank=True, max_length=2000)
    criterion = models.ForeignKey(
        "organisation.Criterion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="适用标准",
    )
    criterion_note = models.CharField("适用说明", max_length=300, blank=True)
    switches = ArrayField(models.CharField(max_length=40), verbose_name="流程选项", default=list, blank=True)
    workflow = models.CharField("流程", max_length=12, choices=Workflow, blank=True)
    vocabulary = models.CharField("等级用语", max_length=12, choices=Vocabulary, default=Vocabulary.ORDINAL)
    meeting_name = models.CharField("决定会议", max_length=30, blank=True)
    filing_body = models.CharField("备案机关", max_length=60, blank=True)
    notice_rule = models.CharField("公示规则", max_length=12, choices=NoticeRule, default=NoticeRule.USUAL)
    active = models.BooleanField("在用", default=True)

    objects = UnitQuerySet.as_manager()

    data_classes = classified(
        public="id parent path bureau kind name short_name order duties workflow vocabulary "
        "meeting_name filing_body active",
        internal="criterion criterion_note switches notice_rule",
    )

    class Meta:
        verbose_name = verbose_name_plural = "机构"
        ordering = ("path",)
        permissions: ClassVar = [(right.value, right.label) for right in Right]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="unit_name_once_under_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    def lineage(self) -> list[str]:
        """Hex ids from the top down to this unit, as the path spells them."""
        return [part for part in self.path.split("/") if part]


BODIES = (Unit.Kind.BUREAU, Unit.Kind.TOWN)
"""What runs a round and keeps a register."""
OWN_BUREAU = (*BODIES, Unit.Kind.AUTHORITY)
"""What is its own bureau; everything below belongs to it."""


class UserManager(BaseUserManager["User"]):
    """Looks people up by the name they sign in with."""

    def with_phone(self, phone: str) -> models.QuerySet["User"]:
        """Whose phone number this is; nobody's for an empty one."""
        return self.filter(User.phone.found_by(User, phone)) if phone else self.none()

    def create_user(self, username: str, *, name: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(username=username, name=name, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with a user name or a phone number; no e-mail is needed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField("用户名", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=30)
    phone_sealed = sealed_field("手机号")
    phone_digest = models.CharField("手机号摘要", max_length=80, blank=True, default="", editable=False)
    political = models.CharField("政治面貌", max_length=20, blank=True)
    is_active = models.BooleanField("启用", default=True)
    large_type = models.BooleanField("大字版", default=False)
    password_at = models.DateTimeField("密码设置时间", null=True, editable=False)
    # Set while the password is one that somebody else gave: until then it opens the door, to be changed at once.
    first_until = models.DateTimeField("初始密码有效期", null=True, editable=False)

    phone = Indexed("phone_sealed", digest="phone_digest")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar = ["name"]

    data_classes = classified(
        internal="last_login is_superuser id username is_active large_type password_at first_until "
        "groups user_permissions",
        sensitive="name political",
        core="password phone_sealed phone_digest",
    )

    class Meta:
        verbose_name = verbose_name_plural = "人员"
        constraints = [
            models.UniqueConstraint(
                fields=["phone_digest"], condition=~Q(phone_digest=""), name="user_phone_digest_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def home(self) -> "Tenure | None":
        """The post held now, the latest if several."""
        held = self.tenures.filter(until=None).select_related("post__unit", "bureau")
        return held.order_by("-since").first()

    @property
    def section_name(self) -> str:
        home = self.home
        return home.post.unit.name if home else ""


@pghistory.track()
class Criterion(BureauModel):
    """One line of a bureau's table of criteria (划分标准): what makes a post or a section of this level, and where it
    is written. Retired rather than deleted: what was decided by it stays explained."""

    class Kind(models.TextChoices):
        POST = "post", "岗位"
        SECTION = "section", "股室"

    kind = models.CharField("适用于", max_length=8, choices=Kind)
    rank = models.PositiveSmallIntegerField("等级", choices=Rank)
    text = models.CharField("标准", max_length=300)
    source = models.CharField("出处", max_length=60, blank=True)
    order = models.PositiveSmallIntegerField("排序", default=0)
    active = models.BooleanField("在用", default=True)
    version = models.PositiveIntegerField("修改次数", default=1)

    data_classes = classified(
        public="kind rank text source order active version",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "划分标准"
        ordering = ("bureau", "kind", "rank", "order")
        constraints = [
            models.UniqueConstraint(
                fields=["bureau", "kind", "text"], condition=Q(active=True), name="criterion_once_in_use"
            ),
            models.CheckConstraint(condition=Q(rank__range=(1, 3)), name="criterion_rank_1_to_3"),
        ]

    def __str__(self) -> str:
        return f"{self.source}：{self.text}" if self.source else self.text


@pghistory.track()
class Post(BureauModel):
    """A post (岗位) of a section: what it is for, what it may do, and which level the criteria give it."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts", verbose_name="股室")
    name = models.CharField("岗位", max_length=60)
    order = models.PositiveSmallIntegerField("排序", default=0)
    duties = models.TextField("岗位职责", blank=True, max_length=2000)
    powers = models.TextField("岗位职权", blank=True, max_length=2000)
    criterion = models.ForeignKey(
        "organisation.Criterion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="适用标准",
    )
    criterion_note = models.CharField("适用说明", max_length=300, blank=True)
    active = models.BooleanField("在用", default=True)

    data_classes = classified(
        public="unit name order duties powers active",
        internal="criterion criterion_note",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "岗位"
        ordering = ("unit__order", "order", "name")
        constraints = [
            models.UniqueConstraint(fields=["bureau", "unit", "name"], name="post_name_once_in_section"),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Tenure(BureauModel):
    """Who holds a post from when to when; the five-year rotation clock starts at `since` (暂行办法 第十四条（六）)."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tenures", verbose_name="人员")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="tenures", verbose_name="岗位")
    since = models.DateField("任职起始")
    until = models.DateField("任职结束", null=True, blank=True)

    data_classes = classified(
        internal="post since until",
        sensitive="person",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "任职"
        ordering = ("since",)
        constraints = [
            models.UniqueConstraint(
                fields=["bureau", "person", "post"], condition=Q(until__isnull=True), name="tenure_open_once"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")), name="tenure_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.post}"


_CASES = " ".join(f"WHEN '{item.rights[0]}' THEN '{item.code}'" for item in THREE)
FUNCTION_OF_A_RIGHT = f"""
    NEW.function := COALESCE(
        (SELECT CASE codename {_CASES} END FROM auth_permission WHERE id = NEW.permission_id), '{BUSINESS}');
    RETURN NEW;
"""  # noqa: S608 — words of roles.py


class UnitUserGrant(UserObjectPermissionBase):
    """A right of a person in a unit and below; rights are given to persons, so that the authority table names them."""

    content_object = models.ForeignKey(Unit, on_delete=models.CASCADE)
    function = models.CharField("职能", max_length=20, default=BUSINESS, editable=False)  # set by the trigger

    data_classes = classified(
        internal="id permission user content_object function",
    )

    class Meta(UserObjectPermissionBase.Meta):
        constraints = [
            # Held by the database, whoever writes: two people who grant at the same moment included.
            ExclusionConstraint(
                name="grant_one_function_a_person",
                expressions=[("user", RangeOperators.EQUAL), ("function", RangeOperators.NOT_EQUAL)],
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="grant_function",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=FUNCTION_OF_A_RIGHT,
            ),
        ]


class GrantRequest(models.Model):
    """A role to be given or taken away: one person asks, another confirms."""

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", "已确认"
        REFUSED = "refused", "不同意"
        WITHDRAWN = "withdrawn", "已撤回"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="机构")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="人员")
    role = models.CharField("角色", max_length=20)
    takes = models.BooleanField("收回", default=False)
    reason = models.CharField("理由", max_length=200)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="申请人")
    asked_at = models.DateTimeField("申请时间", db_default=Now())
    outcome = models.CharField("结果", max_length=12, choices=Outcome, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="确认人")
    decided_at = models.DateTimeField("确认时间", null=True)

    data_classes = classified(
        internal="id unit role takes asked_by asked_at outcome decided_by decided_at",
        sensitive="person reason",
    )

    class Meta:
        verbose_name = verbose_name_plural = "授权申请"
        ordering = ("-asked_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "person", "role"], condition=Q(outcome=""), name="grant_asked_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="confirmed")
                | (~Q(decided_by=models.F("asked_by")) & ~Q(decided_by=models.F("person"))),
                name="grant_confirmed_by_another",
            ),
            models.CheckConstraint(condition=~Q(asked_by=models.F("person")), name="grant_asked_for_another"),
        ]

    def __str__(self) -> str:
        return f"{'收回' if self.takes else '授予'} {self.role}"


class UnitGroupGrant(GroupObjectPermissionBase):
    """Present so that guardian keeps no generic rows for units; we give no rights to groups."""

    content_object = models.ForeignKey(Unit, on_delete=models.CASCADE)
    data_classes = classified(
        internal="id permission group content_object",
    )


@pghistory.track()
class Deputy(BureauModel):
    """代理: from one day to another a person does what a role of somebody else lets that one do. It ends by itself."""

    principal = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deputies", verbose_name="被代理人")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="stands_in", verbose_name="代理人")
    role = models.CharField("代理职责", max_length=20)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="机构")
    since = models.DateField("开始日期")
    until = models.DateField("结束日期")
    reason = models.CharField("事由", max_length=200)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    made_at = models.DateTimeField("登记时间", db_default=Now())
    revoked_at = models.DateTimeField("终止时间", null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="终止人"
    )

    data_classes = classified(
        internal="principal deputy role unit since until made_by made_at revoked_at revoked_by",
        sensitive="reason",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "代理"
        ordering = ("-since",)
        constraints = [
            models.CheckConstraint(condition=Q(until__gte=models.F("since")), name="deputy_ends_after_it_began"),
            models.CheckConstraint(condition=~Q(principal=models.F("deputy")), name="deputy_is_somebody_else"),
        ]
        indexes = [
            models.Index(fields=["deputy", "until"], name="deputy_of_a_person"),
            models.Index(fields=["principal", "until"], name="deputies_for_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.deputy}代{self.principal}"


class Holiday(models.Model):
    """A day that differs from the week: a public holiday, or a weekend day that works."""

    day = models.DateField("日期", primary_key=True)
    works = models.BooleanField("上班")
    name = models.CharField("名称", max_length=30, blank=True)

    data_classes = classified(
        public="day works name",
    )

    class Meta:
        verbose_name = verbose_name_plural = "节假日"
        ordering = ("day",)

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class DemoShift(models.Model):
    """Days by which a demo has moved its calendar (its data is played from some weeks ago up to today); read only in
    demo
    mode, each push is a row of its own."""

    days = models.SmallIntegerField("天数")
    at = models.DateTimeField("时间", db_default=Now())

    data_classes = classified(
        public="id days at",
    )

    class Meta:
        verbose_name = verbose_name_plural = "演示时间"

    def __str__(self) -> str:
        return f"+{self.days}"
