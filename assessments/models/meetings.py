"""The meeting that decides levels, as its minutes have it, and the one being prepared."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assessments.models.campaigns import Campaign
from assessments.votes import Votes, quorate
from lianzheng.audit.models import for_ever
from lianzheng.classification import classified
from lianzheng.organisation.models import Rank, User
from lianzheng.organisation.scoping import BureauModel


class Meeting(BureauModel):
    """A meeting that decided levels (党组会、局办公会、党政联席会); recorded once, never changed."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="meetings", verbose_name="排查年度")
    name = models.CharField("会议名称", max_length=60)
    number = models.PositiveSmallIntegerField("次数")
    minutes_no = models.CharField("纪要编号", max_length=40)
    held_on = models.DateField("会议日期")
    place = models.CharField("地点", max_length=60, blank=True)
    chair = models.CharField("主持人", max_length=30)
    minute_taker = models.CharField("记录人", max_length=30)
    expected = models.PositiveSmallIntegerField("应到人数")
    present = models.PositiveSmallIntegerField("实到人数")
    digest = models.CharField("内容摘要", max_length=64)
    recorder = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_on = models.DateField("登记日期")
    recorded_at = models.DateTimeField("登记时间", db_default=Now())

    data_classes = classified(
        internal="campaign name number minutes_no held_on place expected present digest recorder "
        "recorded_on recorded_at",
        sensitive="chair minute_taker",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "会议"
        ordering = ("-held_on", "-number")
        constraints = [
            models.UniqueConstraint(fields=["bureau", "minutes_no"], name="minutes_number_once"),
            models.CheckConstraint(condition=Q(present__lte=models.F("expected")), name="meeting_present_of_expected"),
            models.CheckConstraint(
                condition=Q(held_on__lte=models.F("recorded_on")), name="meeting_held_before_recorded"
            ),
        ]
        triggers = for_ever("meeting")

    def __str__(self) -> str:
        return f"{self.name}第{self.number}次会议"

    @property
    def late(self) -> bool:
        """补录: written down on a later day than it was held."""
        return self.held_on < self.recorded_on

    @property
    def quorate(self) -> bool:
        return quorate(expected=self.expected, present=self.present)


class Attendee(BureauModel):
    """A person of a meeting: one of the bureau, or a guest who is only named."""

    class Part(models.TextChoices):
        PRESENT = "present", "出席"
        OBSERVER = "observer", "列席"
        ABSENT = "absent", "缺席"

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="attendees", verbose_name="会议")
    order = models.PositiveSmallIntegerField("排序")
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="人员")
    name = models.CharField("姓名", max_length=30)
    part = models.CharField("参会情况", max_length=8, choices=Part)
    reason = models.CharField("缺席原因", max_length=100, blank=True)

    data_classes = classified(
        internal="meeting order part",
        sensitive="person name reason",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "参会人员"
        ordering = ("meeting", "order")
        constraints = [
            models.UniqueConstraint(fields=["meeting", "order"], name="attendee_order_once"),
            models.UniqueConstraint(fields=["meeting", "name"], name="attendee_named_once"),
            models.CheckConstraint(condition=~Q(part="absent", reason=""), name="attendee_absent_with_reason"),
        ]
        triggers = for_ever("attendee")

    def __str__(self) -> str:
        return self.name


class MeetingItem(BureauModel):
    """What the meeting decided on one dossier, with the levels as they lay before it."""

    class Outcome(models.TextChoices):
        AGREE = "agree", "同意"
        CHANGE = "change", "调整等级"
        RETURN = "return", "退回修改"

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="items", verbose_name="会议")
    order = models.PositiveSmallIntegerField("序号")
    dossier = models.ForeignKey(
        "assessments.Dossier", on_delete=models.PROTECT, related_name="meeting_items", verbose_name="表册"
    )
    proposed_rank = models.PositiveSmallIntegerField("建议等级", null=True, choices=Rank)
    reviewed_rank = models.PositiveSmallIntegerField("审核等级", null=True, choices=Rank)
    outcome = models.CharField("决定", max_length=8, choices=Outcome)
    rank = models.PositiveSmallIntegerField("决定等级", null=True, choices=Rank)
    reason = models.CharField("理由", max_length=2000, blank=True)
    return_reason = models.CharField("退回原因", max_length=20, blank=True)
    due_on = models.DateField("完善期限", null=True)
    points = models.TextField("讨论要点", blank=True, max_length=2000)
    agree = models.PositiveSmallIntegerField("同意")
    oppose = models.PositiveSmallIntegerField("反对")
    abstain = models.PositiveSmallIntegerField("弃权")

    data_classes = classified(
        internal="meeting order dossier proposed_rank reviewed_rank return_reason due_on points",
        sensitive="outcome rank reason agree oppose abstain",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "会议议题"
        ordering = ("meeting", "order")
        constraints = [
            models.UniqueConstraint(fields=["meeting", "dossier"], name="item_once_in_meeting"),
            models.CheckConstraint(
                condition=Q(outcome="return", rank__isnull=True) | (~Q(outcome="return") & Q(rank__range=(1, 3))),
                name="item_level_unless_returned",
            ),
            models.CheckConstraint(condition=Q(outcome="agree") | ~Q(reason=""), name="item_change_with_reason"),
        ]
        triggers = for_ever("item")

    def __str__(self) -> str:
        return f"{self.order} {self.get_outcome_display()}"

    @property
    def votes(self) -> Votes:
        return Votes(self.agree, self.oppose, self.abstain)


class Recusal(BureauModel):
    """回避: an attendee who had no vote on an item; `own` where it is that person's form (公务员法 第七十六条)."""

    item = models.ForeignKey(MeetingItem, on_delete=models.PROTECT, related_name="recusals", verbose_name="议题")
    attendee = models.ForeignKey(Attendee, on_delete=models.PROTECT, related_name="recusals", verbose_name="人员")
    own = models.BooleanField("本人议题")
    reason = models.CharField("理由", max_length=200)

    data_classes = classified(
        internal="item",
        sensitive="attendee own reason",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "回避"
        constraints = [models.UniqueConstraint(fields=["item", "attendee"], name="recusal_once")]
        triggers = for_ever("recusal")

    def __str__(self) -> str:
        return f"{self.attendee}：{self.reason}"


class MeetingDraft(BureauModel):
    """The next meeting of a round while the office prepares it: what was typed, as it was typed, under a version.

    Two clerks who write at once do not overwrite each other: the second is told, and keeps what stands on the page.
    """

    campaign = models.OneToOneField(
        Campaign, on_delete=models.PROTECT, related_name="meeting_draft", verbose_name="排查年度"
    )
    version = models.PositiveIntegerField("版本", default=0)
    typed = models.JSONField("填写内容", default=dict)
    recorded = models.ForeignKey(
        Meeting, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="上次登记的会议"
    )
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="保存人")
    saved_at = models.DateTimeField("保存时间", db_default=Now())

    data_classes = classified(
        internal="campaign version recorded saved_by saved_at",
        sensitive="typed",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "会议草稿"

    def __str__(self) -> str:
        return f"{self.campaign} 会议草稿"
