"""What a public notice says: an allow-list of columns, built once at publication and never from the live rows again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from assessments.levels import VOCABULARIES
from assessments.masking import MASKS, TEXTS, Listed, refusals, without_names
from assessments.models import Dossier, PublicNotice
from lianzheng.organisation.models import Tenure, Unit
from lianzheng.render.official import long_date
from lianzheng.scanner import ID_CARD, scan
from registers.models import RiskPoint, RiskType

BASIS = "根据廉政风险防控工作安排，经自查、审核和研究，现将廉政风险点和防控措施予以公示，接受监督。"


def number_of(notice: PublicNotice) -> str:
    """公示编号: the bureau's word, year and number, as a document number is written (GB/T 9704 7.2.5)."""
    bureau = notice.bureau
    return f"{bureau.short_name or bureau.name}公示〔{notice.campaign.year}〕{notice.number}号"


def build(
    bureau: Unit, *, facts: Mapping[str, Any], ends: date, dossiers: Sequence[Dossier], today: date
) -> dict[str, Any]:
    """Everything the notice prints, in words: what the preview shows, what is stored, what the page and files show."""
    return {
        "title": facts["title"],
        "bureau": bureau.name,
        "basis": BASIS,
        "starts": long_date(facts["starts_on"]),
        "ends": long_date(ends),
        "days": facts["days"],
        "phone": facts["phone"],
        "place": facts["place"],
        "signed": long_date(today),
    } | content(dossiers, scope=facts["scope"])


def prolonged(said: Mapping[str, Any], *, ends: date, days: int, today: date) -> dict[str, Any]:
    """The same notice with a longer period."""
    return dict(said) | {"ends": long_date(ends), "days": days, "signed": long_date(today)}


def content(dossiers: Sequence[Dossier], *, scope: str) -> dict[str, Any]:
    """The table of the notice as its scope shows it: column heads and rows of texts. Before any level is decided («实施
    方案» 六（二）1: 附件1–3 are put up as soon as they are vetted) there is no column for it."""
    mask = MASKS[scope]
    rated = any(dossier.decided_rank for dossier in dossiers)
    columns = [key for key in mask.columns if rated or key != "level"]
    titles = {} if mask.names or not dossiers else titles_of(dossiers[0].bureau)
    rows: list[list[str]] = []
    for dossier in dossiers:
        for point in dossier.table.rows():
            if mask.moral or point.risk_type != RiskType.MORAL:
                texts = {"number": str(len(rows) + 1)} | _texts(dossier, point)
                rows.append([without_names(texts[key], titles=titles) for key in columns])
    return {"columns": [TEXTS[key] for key in columns], "rows": rows}


def titles_of(bureau: Unit) -> dict[str, str]:
    """Name -> post of everybody who ever held a post of the bureau."""
    held = Tenure.objects.in_bureau(bureau).order_by("since")
    return dict(held.values_list("person__name", "post__name"))


def _texts(dossier: Dossier, point: RiskPoint) -> dict[str, str]:
    table = dossier.table
    rank = dossier.decided_rank
    return {
        "section": table.unit.name,
        "post": table.post.name if table.post else "",
        "risk_type": point.get_risk_type_display(),
        "name": point.name,
        "manifestation": point.manifestation,
        "level": VOCABULARIES[dossier.bureau.vocabulary][rank] if rank else "",
        "measures": point.measures_text,
    }


def listed(dossiers: Sequence[Dossier]) -> list[Listed]:
    """The forms as the rule of scopes looks at them."""
    return [Listed(dossier.title, dossier.kind, dossier.decided_rank) for dossier in dossiers]


def obstacles(
    bureau: Unit, *, facts: Mapping[str, Any], dossiers: Sequence[Dossier], said: Mapping[str, Any]
) -> list[str]:
    """Sentences that say why this may not be put up: the bureau's rule, a hidden number, a name for the public."""
    scope = facts["scope"]
    found = refusals(
        bureau.notice_rule,
        scope=scope,
        items=listed(dossiers),
        ticked=bool(facts.get("first_public")),
        words=dict(PublicNotice.Scope.choices),
    )
    found += numbers_in(said)
    if not MASKS[scope].names:
        heads = {label: str(said[key]) for key, label in HEAD.items()}
        found += _named(heads, names=titles_of(bureau))
    return found + ([] if said["rows"] else ["这个范围内没有可以公示的风险点，请另选范围或表册。"])


HEAD = {"title": "标题", "place": "意见信箱及地址"}


def numbers_in(said: Mapping[str, Any]) -> list[str]:
    """Identity and telephone numbers in the notice, each with its place. The supervision telephone is the notice's
    own and may be any telephone, but no identity number."""
    texts = [(f"“{label}”", str(said[key]), False) for key, label in HEAD.items()]
    texts.append(("“监督电话”", str(said["phone"]), True))
    for number, row in enumerate(said["rows"], start=1):
        texts += [(f"第{number}行“{head}”", cell, False) for head, cell in zip(said["columns"], row, strict=True)]
    return [sentence for place, text, own in texts for sentence in _scanned(place, text, own=own)]


def _scanned(place: str, text: str, *, own: bool = False) -> list[str]:
    return [
        f"{place}中有{found.kind}“{' '.join(found.text.split())}”，公示中不能出现，请删去后再公示。"
        for found in scan(text)
        if not own or found.kind == ID_CARD
    ]


def _named(texts: Mapping[str, str], *, names: Iterable[str]) -> list[str]:
    return [
        f"“{label}”中有姓名“{name}”，在这个范围公示时只写职务，不写姓名。"
        for label, text in texts.items()
        for name in names
        if name in text
    ]


def reason_obstacles(notice: PublicNotice, reason: str) -> list[str]:
    """The reason of a change stands on the old version's page, in the same scope: it is looked at alike."""
    found = _scanned("“原因”", reason)
    if not MASKS[notice.scope].names:
        found += _named({"原因": reason}, names=titles_of(notice.bureau))
    return found
