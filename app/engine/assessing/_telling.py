"""Sentences that the software checks share: what is missing, what a row says, and a conflict as a chain of reasons."""

from collections.abc import Sequence

from app.engine.assessing._offers import Row
from app.engine.assessing._stacks import Change, Path
from app.engine.messages import Message, message
from app.engine.model.assessments import Evidence, Finding

SOURCES = 2
"""Rows that are cited for one sentence."""


def unknown(check: str, why: Message, remedy: Message | None = None, evidence: tuple[Evidence, ...] = ()) -> Finding:
    """Return a finding that says what is not known."""
    return Finding(check, "unknown", why, evidence, remedy, message("assessing.short.unknown"))


def missing_keys(check: str, keys: Sequence[str], evidence: tuple[Evidence, ...] = ()) -> Finding:
    """Return a finding that names the keys to fill in."""
    written = [f"[workload] {key}" for key in keys]
    short = message("assessing.short.missing", key=keys[0])
    return Finding(
        check,
        "unknown",
        message("assessing.stack.not_stated", keys=written),
        evidence,
        message("assessing.stack.fill", keys=written),
        short,
    )


def evidence_of(text: Message, rows: Sequence[Row]) -> tuple[Evidence, ...]:
    """Return one sentence with the sources of the rows that it rests on."""
    return (Evidence(text, "; ".join(list(dict.fromkeys(row.source for row in rows))[:SOURCES])),)


def change_text(change: Change) -> Message:
    """Return "driver 535 → 550.54.14"."""
    return message("assessing.stack.change", what=message(f"assessing.stack.what.{change.what}"), have=change.have, want=change.want)


def chain_of(links: Sequence[Message]) -> Message:
    """Return links of a chain as one sentence: A needs B → B needs C."""
    told = links[-1]
    for link in reversed(links[:-1]):
        told = message("assessing.stack.then", first=link, rest=told)
    return told


def reasons(path: Path, rows: Sequence[Row]) -> Message:
    """Return why a combination is what it is, from the engine down to the operating system."""
    links: list[Message] = []
    offer = path.offer
    if offer is not None and offer.kind == "engine":
        links.append(message("assessing.stack.comes_with", what=offer.text, toolkit=path.row.label))
    elif offer is not None:
        first = _first_offering(path, rows)
        links.append(message("assessing.stack.needs_toolkit", what=offer.text.partition(" (")[0], toolkit=first.label))
    _, driver = path.row.driver(windows=False)
    if driver:
        code = "matched_driver" if path.row.only_matched else "needs_driver"
        links.append(message(f"assessing.stack.{code}", toolkit=path.row.label, driver=driver))
    for what in ("cpu_arch", "os", "python"):
        if change := path.changed(what):
            links.append(
                message(
                    "assessing.stack.not_on_list", what=f"Python {change.have}" if what == "python" else change.have, toolkit=path.row.label
                )
            )
    return chain_of(links) if links else message("assessing.stack.choice", toolkit=path.row.label)


def _first_offering(path: Path, rows: Sequence[Row]) -> Row:
    """Return the oldest version of the tool kit that offers the same framework version."""
    assert path.offer is not None
    same = [
        row
        for row in rows
        if row.stack.toolkit == path.row.stack.toolkit
        and any(one.name == path.offer.name and one.version and one.takes(path.offer.version) for one in row.offers)
    ]
    return min(same, key=lambda row: (*(row.version or ()), *(0,) * 6)[:6], default=path.row)
