"""What a reviewer wrote beside the rows of a form that was sent back."""

from django.db import models

from assessments.models.dossiers import DossierMove
from lianzheng.audit.models import for_ever
from lianzheng.classification import classified
from lianzheng.organisation.scoping import BureauModel
from registers.models import RiskPoint


class RowNote(BureauModel):
    """One note at one row of a return (逐行说明); part of the log row, kept for ever with it."""

    move = models.ForeignKey(DossierMove, on_delete=models.PROTECT, related_name="notes", verbose_name="流程记录")
    point = models.ForeignKey(RiskPoint, on_delete=models.PROTECT, related_name="+", verbose_name="风险点")
    number = models.PositiveSmallIntegerField("序号")
    text = models.CharField("说明", max_length=500)

    data_classes = classified(
        internal="move point number",
        sensitive="text",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "逐行说明"
        ordering = ("move", "number")
        constraints = [models.UniqueConstraint(fields=["move", "point"], name="note_once_per_row_of_a_return")]
        triggers = for_ever("note")

    def __str__(self) -> str:
        return f"第{self.number}行：{self.text}"
