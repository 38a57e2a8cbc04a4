"""What a way is called: profile, kind, stage, and the optional steps that differ from the default.

The steps themselves: assessments.flow.
"""

from collections.abc import Collection, Mapping

from assessments.models import Dossier
from lianzheng.organisation.models import Unit
from registers.models import RiskTable

Kind = RiskTable.Kind
Stage = Dossier.Stage
COUNTY, TOWNSHIP = Unit.Workflow.COUNTY, Unit.Workflow.TOWNSHIP
OPTIONS: Mapping[tuple[str, str], Mapping[str, bool]] = {
    (COUNTY, Kind.POST): {"section": True, "vice": False},
    (COUNTY, Kind.SECTION): {},
    (COUNTY, Kind.BUREAU): {},
    (TOWNSHIP, Kind.POST): {"vice": False, "office": False, "inspector": False, "filing": True},
    (TOWNSHIP, Kind.SECTION): {"office": False, "inspector": False, "notice": True},
    (TOWNSHIP, Kind.BUREAU): {},
}
"""Steps a bureau may switch, and whether they are on by default. The county's 附件1 goes straight to the office in
实施方案 六 and through the section head in 暂行办法 第十三条; a town's posts may end at the notice."""
OPTIONAL = frozenset(name for known in OPTIONS.values() for name in known)
STAGES = {COUNTY: (Stage.FINDING, Stage.RATING, Stage.WHOLE), TOWNSHIP: (Stage.WHOLE,)}
"""A county's ordinary round has two stages; what is rated anew out of turn is found and rated in one."""


OPTION_WORDS = {
    "post.section": "岗位表先经股室负责人审核",
    "post.vice": "岗位表经分管领导审核",
    "post.office": "岗位表经廉政办初审",
    "post.inspector": "岗位表经纪检组审核",
    "post.filing": "岗位等级报备案机关备案",
    "section.office": "股室表经廉政办初审",
    "section.inspector": "股室表经纪检组审核",
    "section.notice": "股室等级公示",
}
"""Switch -> what the settings page calls it."""


def defaults_of(workflow: str) -> dict[str, bool]:
    """Every switch of a profile (`kind.step`) with its default."""
    return {
        f"{kind}.{name}": default
        for (profile, kind), known in OPTIONS.items()
        if profile == workflow
        for name, default in known.items()
    }


def options_of(workflow: str, *, kind: str, switched: Collection[str]) -> frozenset[str]:
    """The optional steps that are on when these are switched against their default."""
    known = OPTIONS[workflow, kind]
    return frozenset(name for name, default in known.items() if default != (f"{kind}.{name}" in switched))


def route(workflow: str, *, kind: str, stage: str, on: Collection[str] | None = None) -> str:
    """The name of the steps a dossier follows; what differs from the default stands behind it (`+vice-section`)."""
    known = OPTIONS[workflow, kind]
    chosen = options_of(workflow, kind=kind, switched=()) if on is None else on
    marks = [f"{'-' if default else '+'}{name}" for name, default in known.items() if default != (name in chosen)]
    return f"{workflow}.{kind}.{stage}{''.join(marks)}"


def way(dossier: Dossier, *, several: bool) -> str:
    """The way of this form under its bureau's choices; several raters want the desks at which they grade."""
    workflow = dossier.campaign.workflow
    known = OPTIONS[workflow, dossier.kind]
    on = options_of(workflow, kind=dossier.kind, switched=dossier.bureau.switches)
    if several and dossier.stage != Stage.FINDING:
        on |= known.keys() & {"vice", "office"}
    return route(workflow, kind=dossier.kind, stage=dossier.stage, on=on)
