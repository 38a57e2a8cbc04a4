"""What is written: the yearly table of a post, a section or the bureau, its risk points and their measures, the
library."""

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from lianzheng.classification import classified
from lianzheng.organisation.models import Post, Unit, User
from lianzheng.organisation.scoping import BureauModel, new_id


class RiskType(models.TextChoices):
    """The five types of 实施方案 四（二）."""

    MORAL = "moral", "思想道德风险"
    DUTY = "duty", "岗位职责风险"
    PROCESS = "process", "业务流程风险"
    SYSTEM = "system", "制度机制风险"
    ENVIRONMENT = "environment", "外部环境风险"


class Way(models.TextChoices):
    """How a point was found: “自己查、同事帮、群众提、领导点、组织议、集体定”（实施方案 六（二））."""

    SELF = "self", "自己查"
    COLLEAGUE = "colleague", "同事帮"
    PUBLIC = "public", "群众提"
    LEADER = "leader", "领导点"
    ORGANISATION = "organisation", "组织议"
    COLLECTIVE = "collective", "集体定"


class PowerKind(models.TextChoices):
    """Kinds of powers: those of 权力清单 (中办发〔2015〕21号), and what an office has over its own people and money."""

    LICENSE = "license", "行政许可"
    PENALTY = "penalty", "行政处罚"
    COERCION = "coercion", "行政强制"
    LEVY = "levy", "行政征收"
    GRANT = "grant", "行政给付"
    INSPECTION = "inspection", "行政检查"
    CONFIRMATION = "confirmation", "行政确认"
    REWARD = "reward", "行政奖励"
    RULING = "ruling", "行政裁决"
    OTHER = "other", "其他权力"
    INTERNAL = "internal", "内部管理"


@pghistory.track()
class Power(BureauModel):
    """职权: a line of the bureau's list of powers (职权目录), and the posts that use it. Retired, never deleted."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="股室")
    name = models.CharField("职权名称", max_length=200)
    power_kind = models.CharField("职权类别", max_length=12, choices=PowerKind)
    basis = models.CharField("依据", max_length=300, blank=True)
    posts = models.ManyToManyField(Post, related_name="powers_listed", verbose_name="行使岗位")
    version = models.PositiveIntegerField("版本", default=1)
    active = models.BooleanField("在用", default=True)
    saved_at = models.DateTimeField("保存时间", db_default=Now())

    data_classes = classified(
        public="name power_kind basis unit",
        internal="posts active version saved_at",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "职权目录"
        ordering = ("unit__order", "unit__name", "power_kind", "name")
        constraints = [
            models.UniqueConstraint(
                fields=["bureau", "unit", "name"], condition=Q(active=True), name="power_once_in_section"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class RiskTable(BureauModel):
    """The table of one post, section or bureau for one year: 附件1, 2 or 3 and the rows that 附件4, 5, 6 rate."""

    class Kind(models.TextChoices):
        POST = "post", "岗位"
        SECTION = "section", "股室"
        BUREAU = "bureau", "单位"

    kind = models.CharField("类别", max_length=8, choices=Kind)
    year = models.PositiveSmallIntegerField("年度")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="股室")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="tables", verbose_name="岗位")
    holder = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="填报人")
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="上年表")
    edition = models.PositiveSmallIntegerField("年内第几次", default=1)
    sealed_at = models.DateTimeField("锁定时间", null=True, blank=True)

    data_classes = classified(
        internal="kind year unit post previous edition sealed_at",
        sensitive="holder",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "风险查找表"
        constraints = [
            models.UniqueConstraint(
                fields=["bureau", "year", "post", "holder", "edition"], name="table_once_per_post_edition"
            ),
            models.UniqueConstraint(
                fields=["bureau", "year", "unit", "edition"],
                condition=~Q(kind="post"),
                name="table_once_per_unit_edition",
            ),
            models.CheckConstraint(
                condition=Q(kind="post", post__isnull=False, holder__isnull=False)
                | (~Q(kind="post") & Q(post__isnull=True)),
                name="table_of_a_post_has_its_holder",
            ),
        ]
        indexes = [models.Index(fields=["bureau", "year", "kind"], name="table_bureau_year_kind")]

    def __str__(self) -> str:
        return f"{self.year}年度 {self.post or self.unit}"

    def rows(self) -> models.QuerySet["RiskPoint"]:
        """The risk points that stand in the table, in order, with their measures."""
        return self.points.filter(removed_at=None).order_by("order", "id").prefetch_related("measures")


@pghistory.track()
class RiskPoint(BureauModel):
    """One row: a risk point with how it shows and who answers for it. Saved by itself, under its own version."""

    class Change(models.TextChoices):
        NEW = "new", "新增"
        SAME = "same", "与去年相同"
        CHANGED = "changed", "有修改"

    table = models.ForeignKey(RiskTable, on_delete=models.CASCADE, related_name="points", verbose_name="表")
    order = models.PositiveSmallIntegerField("序号")
    version = models.PositiveIntegerField("版本", default=1)
    power = models.CharField("业务环节/职权事项", max_length=200, blank=True)
    risk_type = models.CharField("风险类别", max_length=12, choices=RiskType, blank=True)
    name = models.CharField("风险点", max_length=200, blank=True)
    manifestation = models.TextField("廉政风险内容及表现形式", max_length=3000, blank=True)
    responsible = models.CharField("责任人", max_length=60, blank=True)
    ways = ArrayField(models.CharField(max_length=12, choices=Way), verbose_name="发现途径", default=list, blank=True)
    change = models.CharField("与上年相比", max_length=8, choices=Change, default=Change.NEW)
    last_year = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="上年")
    section = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="责任股室")
    leader = models.CharField("责任领导", max_length=60, blank=True)
    sources = models.ManyToManyField("self", symmetrical=False, related_name="rolled_into", verbose_name="来源")
    saved_at = models.DateTimeField("保存时间", db_default=Now())
    removed_at = models.DateTimeField("删除时间", null=True, blank=True)

    data_classes = classified(
        internal="table order version ways last_year section saved_at removed_at sources",
        sensitive="power risk_type name manifestation responsible change leader",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "风险点"
        ordering = ("table", "order", "id")
        indexes = [models.Index(fields=["bureau", "table", "order"], name="point_table_order")]

    def __str__(self) -> str:
        return self.name or "（未写风险点）"

    @property
    def measures_text(self) -> str:
        """The measures as typed and printed, one a line."""
        return "\n".join(measure.text for measure in self.measures.all())


@pghistory.track()
class Measure(BureauModel):
    """One measure against a risk point."""

    point = models.ForeignKey(RiskPoint, on_delete=models.CASCADE, related_name="measures", verbose_name="风险点")
    order = models.PositiveSmallIntegerField("序号")
    text = models.CharField("防控措施", max_length=1000)
    origin = models.ForeignKey(
        "LibraryMeasure", on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="来自措施库"
    )

    data_classes = classified(
        internal="point order origin",
        sensitive="text",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "防控措施"
        ordering = ("point", "order")

    def __str__(self) -> str:
        return self.text


class KnownColumn(BureauModel):
    """What a column of somebody else's table is in this bureau, as somebody said when such a table came in."""

    word = models.CharField("表头", max_length=100)
    source = models.CharField("栏目", max_length=20)

    data_classes = classified(internal="word source")

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "列对应"
        ordering = ("word",)
        constraints = [models.UniqueConstraint(fields=["bureau", "word"], name="known_column_once")]

    def __str__(self) -> str:
        return f"{self.word}：{self.source}"


class LibraryMeasure(models.Model):
    """A shipped measure; reference data, the same for every bureau."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField("编码", max_length=20, unique=True)
    category = models.CharField("类别", max_length=60)
    text = models.TextField("防控措施")
    source = models.CharField("出处", max_length=60)

    data_classes = classified(
        public="id code category text source",
    )

    class Meta:
        verbose_name = verbose_name_plural = "措施库"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.text


class LibraryPoint(models.Model):
    """A shipped risk point with the measures that are suggested with it; reference data."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField("编码", max_length=20, unique=True)
    risk_type = models.CharField("风险类别", max_length=12, choices=RiskType)
    category = models.CharField("类别", max_length=60)
    name = models.CharField("风险点", max_length=200)
    text = models.TextField("表现形式")
    source = models.CharField("出处", max_length=60)
    measures = models.ManyToManyField(LibraryMeasure, related_name="points", verbose_name="建议措施")

    data_classes = classified(
        public="id code risk_type category name text source",
        internal="measures",
    )

    class Meta:
        verbose_name = verbose_name_plural = "风险点库"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.text
