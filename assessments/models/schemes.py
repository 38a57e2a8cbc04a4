"""The scoring scheme: how grades come to a score."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from lianzheng.classification import classified
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel

WEIGHTS_TOTAL_100 = """
    IF NEW.state <> 'draft' AND (
        SELECT COALESCE(sum((item->>'weight')::numeric), 0) <> 100 OR bool_or((item->>'weight')::numeric < 0)
        FROM jsonb_array_elements(NEW.dimensions) AS item
    ) THEN
        RAISE EXCEPTION 'weights must total 100' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state <> 'draft'
        AND (NEW.dimensions, NEW.raters, NEW.vetoes, NEW.year)
            IS DISTINCT FROM (OLD.dimensions, OLD.raters, OLD.vetoes, OLD.year) THEN
        RAISE EXCEPTION 'only a draft may be edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Raters(models.TextChoices):
    """Whose grades make the score; the split is 自评20、防控办40、局领导40 of the assessments elsewhere."""

    SINGLE = "single", "填报人自评"
    MEAN = "mean", "自评、廉政办、分管领导三方平均"
    SPLIT = "split", "自评20%、廉政办40%、分管领导40%"


@pghistory.track()
class Scheme(BureauModel):
    """A way of scoring from a year on: dimensions with weight and wording (JSON of `scoring.Dimension`), who grades,
    and what alone makes level one. Numbered versions.

    `bureau` is its owner: a bureau, or the county above it, whose bureaus inherit it while they have none of their own.
    Only a draft may be edited; the database itself refuses an active scheme whose weights do not total 100.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草案"
        ACTIVE = "active", "现行"
        RETIRED = "retired", "停用"

    name = models.CharField("名称", max_length=60)
    number = models.PositiveSmallIntegerField("版本")
    year = models.PositiveSmallIntegerField("起用年度")
    dimensions = models.JSONField("维度")
    raters = models.CharField("评分人", max_length=8, choices=Raters, default=Raters.SINGLE)
    vetoes = models.JSONField("直接定为一级的情形", default=list, blank=True)
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField("修改次数", default=1)
    activated_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="启用人"
    )
    activated_at = models.DateTimeField("启用时间", null=True, blank=True)

    data_classes = classified(
        public="name number year dimensions raters vetoes state version",
        internal="activated_by activated_at",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "评分方案"
        ordering = ("bureau", "-number")
        constraints = [
            models.UniqueConstraint(fields=["bureau", "number"], name="scheme_number_once"),
            models.UniqueConstraint(
                fields=["bureau", "year"], condition=Q(state="active"), name="scheme_one_active_a_year"
            ),
            models.CheckConstraint(
                condition=Q(activated_at__isnull=True, activated_by__isnull=True)
                | Q(activated_at__isnull=False, activated_by__isnull=False),
                name="scheme_activated_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="weights_total_100",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=WEIGHTS_TOTAL_100,
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} 第{self.number}版"
