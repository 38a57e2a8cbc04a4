"""The ways of both profiles as the help page prints them, read from the steps that the forms really take."""

from typing import Any

from assessments.flow import straight
from assessments.models import FORM_NAMES, Dossier, State
from assessments.routes import OPTION_WORDS, STAGES, defaults_of, route
from lianzheng.organisation.models import Unit
from registers.models import RiskTable

NAMES = {Dossier.Stage.WHOLE: "年度中重新评定："}
"""A county's whole form is one out of turn; a town's is the ordinary one."""


def profiles() -> list[dict[str, Any]]:
    """For each profile: its forms with their steps, and the steps that a bureau may switch."""
    return [
        {"title": workflow.label, "ways": _ways(workflow), "options": _options(workflow)} for workflow in Unit.Workflow
    ]


def _ways(workflow: Unit.Workflow) -> list[dict[str, Any]]:
    return [_way(workflow, stage, kind) for stage in STAGES[workflow] for kind in RiskTable.Kind]


def _way(workflow: Unit.Workflow, stage: str, kind: RiskTable.Kind) -> dict[str, Any]:
    steps = straight(route(workflow, kind=kind, stage=stage))
    extra = NAMES.get(Dossier.Stage(stage), "") if len(STAGES[workflow]) > 1 else ""
    return {
        "form": f"{extra}{kind.label}{FORM_NAMES[kind][stage]}",
        "steps": [{"who": step.who.label, "what": step.label} for step in steps],
        "end": State(steps[-1].target).label,
    }


def _options(workflow: Unit.Workflow) -> dict[str, list[str]]:
    """What a bureau may leave out, and what it may add."""
    found: dict[str, list[str]] = {"less": [], "more": []}
    for name, on in defaults_of(workflow).items():
        found["less" if on else "more"].append(OPTION_WORDS[name])
    return found
