"""Loads the shipped risk library (fixtures/risk_library.json) into its reference tables; running it again changes
nothing."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from registers.models import LibraryMeasure, LibraryPoint, RiskType

PATH = Path("fixtures/risk_library.json")
_TYPES = {"思想道德": RiskType.MORAL, "制度机制": RiskType.SYSTEM, "岗位职责": RiskType.DUTY}


@transaction.atomic
def load() -> tuple[int, int]:
    """(points, measures) now in the library."""
    data = json.loads((settings.BASE_DIR / PATH).read_text(encoding="utf-8"))
    measures = {
        item["id"]: _measure(item["id"], item["category_name"], item["text_clean"]) for item in data["measures"]
    }
    for item in data["points"]:
        _point(item, measures)
    for number, link in enumerate(data["bureau_checklist"]["links"], start=1):
        _link(number, link)
    return LibraryPoint.objects.count(), LibraryMeasure.objects.count()


def _measure(code: str, category: str, text: str, source: str = "廉政风险点综合防控措施") -> LibraryMeasure:
    values = {"category": category, "text": text, "source": source}
    found, _ = LibraryMeasure.objects.update_or_create(code=code, defaults=values)
    return found


def _point(item: dict[str, Any], measures: dict[str, LibraryMeasure]) -> None:
    values = {
        "risk_type": _TYPES[item["risk_type"]],
        "category": item["category_name"],
        "name": short_name(item["text_clean"]),
        "text": item["text_clean"],
        "source": "廉政和监管风险点设置细则",
    }
    point, _ = LibraryPoint.objects.update_or_create(code=item["id"], defaults=values)
    point.measures.set([measures[code] for code in item["suggested_measures"]])


def _link(number: int, link: dict[str, Any]) -> None:
    """A business link of the bureau's own report (项目审批、资金分配): each manifestation with the link's measures."""
    source = "住房和城乡建设局排查工作的报告"
    measures = [
        _measure(f"link-{number}-m{item['seq']}", f"{link['link']}·{item['kind']}", item["text_clean"], source)
        for item in link["measures"]
    ]
    for item in link["manifestations"]:
        values = {
            "risk_type": RiskType.PROCESS,
            "category": link["link"],
            "name": short_name(item["text_clean"]),
            "text": item["text_clean"],
            "source": source,
        }
        point, _ = LibraryPoint.objects.update_or_create(code=f"link-{number}-{item['seq']}", defaults=values)
        point.measures.set(measures)


def short_name(text: str) -> str:
    """A working name for a library text: its first clause, at most 30 characters."""
    clause = text.split("，")[0].split("；")[0].split("。")[0]
    return clause if len(clause) <= 30 else clause[:29] + "…"
