"""What the customer's source says of operators: own kernels, extensions and libraries of kernels, judged for the platform's family."""

from app.engine.assessing._context import Context
from app.engine.assessing._operator_judging import either, library_remedy
from app.engine.assessing._operator_support import strategy_of
from app.engine.messages import Message, message
from app.engine.model.assessments import Evidence
from app.engine.model.porting import Found, LibraryVerdict

KINDS = ("kernel", "extension", "package")
_MOST = 8


def source_evidence(context: Context) -> tuple[list[Evidence], list[Message]]:
    """Return evidence from the scan and what must be done about it, both empty where no source was read or nothing in it matters."""
    if context.scan is None:
        return [], []
    family = context.platform.family
    key = ("source", family)
    if key not in context.shared:
        context.shared[key] = _gathered(context, family)
    return context.shared[key]  # type: ignore[return-value]


def _gathered(context: Context, family: str) -> tuple[list[Evidence], list[Message]]:
    assert context.scan is not None
    strategy = strategy_of(family, context.knowledge)
    told: list[Evidence] = []
    work: list[Message] = []
    for topic, found in context.scan.topics().items():
        row = context.knowledge.porting.verdict(topic, family, strategy)
        if row is None or not any(one.kind in KINDS for one in found) or row.verdict == "runs":
            continue
        told.append(Evidence(_said(found, row), row.source))
        if row.verdict != "unknown":
            work.append(library_remedy(row))
    return told[:_MOST], work[:_MOST]


def _said(found: tuple[Found, ...], row: LibraryVerdict) -> Message:
    first, count = found[0], sum(one.count for one in found)
    return message(
        "assessing.operators.source",
        what=first.what,
        file=first.file,
        line=first.line,
        count=count,
        instead=either(row.instead_zh, row.instead_en),
    )
