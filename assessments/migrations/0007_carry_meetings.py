"""What was recorded before meetings had attendees, filings a list and notices a code takes the new shape."""

import hashlib
import json
import re

from django.db import migrations
from django.utils.timezone import localtime

from lianzheng import codes


def digest(content):
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def carry(apps, schema_editor):
    def model(name):
        return apps.get_model("assessments", name)

    for meeting in model("Meeting")._base_manager.select_related("recorder"):
        meetings(meeting, model)
    for filing in model("Filing")._base_manager.select_related("campaign"):
        filings(filing, model)
    for notice in model("PublicNotice")._base_manager.select_related("bureau"):
        notices(notice, model)


def meetings(meeting, model):
    meeting.minute_taker = meeting.recorder.name
    meeting.recorded_on = max(localtime(meeting.recorded_at).date(), meeting.held_on)
    attendees = people(meeting)
    for order, values in enumerate(attendees, start=1):
        model("Attendee")._base_manager.create(bureau_id=meeting.bureau_id, meeting=meeting, order=order, **values)
    dossiers = model("Dossier")._base_manager.filter(meeting=meeting, decided_rank__gte=1)
    for order, dossier in enumerate(dossiers.order_by("title"), start=1):
        changed = bool(dossier.decided_reason) and dossier.decided_rank != dossier.reviewed_rank
        model("MeetingItem")._base_manager.create(
            bureau_id=meeting.bureau_id, meeting=meeting, order=order, dossier=dossier,
            proposed_rank=dossier.proposed_rank, reviewed_rank=dossier.reviewed_rank,
            outcome="change" if changed else "agree", rank=dossier.decided_rank, reason=dossier.decided_reason,
            agree=meeting.present, oppose=0, abstain=0,
        )
    meeting.digest = digest([meeting.minutes_no, str(meeting.held_on), meeting.attendance, meeting.absence])
    meeting.save()


def people(meeting):
    """Names as they were typed in one line, and the absent with what was said of them."""
    names = dict.fromkeys(part[:30] for part in re.split("[、，,；;\\s]+", meeting.attendance) if part)
    known = [{"name": name, "part": "present"} for name in names]
    away = meeting.absence.strip()
    if away and away[:30] not in names:
        known.append({"name": away[:30], "part": "absent", "reason": away[:100]})
    return known


def filings(filing, model):
    dossiers = list(model("Dossier")._base_manager.filter(filing=filing).order_by("title"))
    rows = [[str(n), "", "", dossier.title, "", ""] for n, dossier in enumerate(dossiers, start=1)]
    columns = ["序号", "表", "股室（站所）", "名称", "等级", "公示期"]
    filing.content = {"columns": columns, "rows": rows, "ids": [str(dossier.pk) for dossier in dossiers]}
    filing.digest = digest(filing.content)
    filing.state, filing.paper = "accepted", True
    filing.sent_on = filing.received_on
    filing.answered_by, filing.answered_at = filing.sent_by, filing.sent_at
    filing.save()


def notices(notice, model):
    word = notice.bureau.short_name or notice.bureau.name
    count = model("IssuedPaper")._base_manager.filter(bureau_id=notice.bureau_id).count()
    model("IssuedPaper")._base_manager.create(
        bureau_id=notice.bureau_id, kind="notice", subject=notice.pk, token=codes.new(), title=notice.title,
        number=f"{word}公示〔{notice.starts_on.year}〕补{count + 1}号", digest=notice.digest, until=notice.ends_on,
        period=f"{notice.starts_on}至{notice.ends_on}", state="ended" if notice.closed_at else "valid",
        issued_by_id=notice.published_by_id,
    )
    for dossier in model("Dossier")._base_manager.filter(notice=notice):
        model("NoticeItem")._base_manager.create(bureau_id=notice.bureau_id, notice=notice, dossier=dossier)


class Migration(migrations.Migration):

    dependencies = [
        ("assessments", "0006_meeting_filing"),
    ]

    operations = [migrations.RunPython(carry, migrations.RunPython.noop)]
