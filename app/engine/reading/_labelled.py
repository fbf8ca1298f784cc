"""Text whose every line begins with who wrote it: `mpirun --tag-output`, `srun -l`, `pdsh`, `docker compose logs`, `kubectl logs --prefix`,
Docker's JSON lines, Python's `INFO:root:`. Without the labels it is a log like any other; with several, one log for each.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from app.engine.errors import UnreadableFile
from app.engine.reading._members import Budget, Member
from app.engine.reading._sources import Source

KIND = "labelled"
_LEAST_LINES, _SHARE, _SAMPLE_LINES = 3, 0.9, 200
_FORMS = tuple(
    (prefix, re.compile(pattern))
    for prefix, pattern in (
        ("rank", rb"\[\d+,(\d+)\](?:<std(?:out|err|diag)>)?: ?"),
        ("rank", rb"\[(?:default|rank)?(\d{1,5})\]:? ?"),
        ("rank", rb" {0,4}(\d{1,4}): "),
        ("", rb"\[pod/[\w.-]{1,80}/([\w.-]{1,80})\] "),
        ("", rb"(?:DEBUG|INFO|WARNING|ERROR):()[\w.]{1,80}:"),
        ("", rb"([A-Za-z][\w.-]{0,62}): "),
        ("", rb"([A-Za-z][\w.-]{0,62}) *\| "),
    )
)
_DOCKER = re.compile(rb'\{\s*"log"\s*:\s*"')
_TWICE = 2


class _DockerLine(msgspec.Struct):
    log: str
    time: str = ""


def is_labelled(head: bytes) -> bool:
    """Tell whether nearly all lines have a label of one form; a label comes again and again, unlike the keys of a list."""
    return _form_of(head) is not None


def labelled_members(path: Path, folder: Path, budget: Budget) -> Iterator[Member | UnreadableFile]:
    """Yield one file for each label, nameless where there is one; lines without a label stand in all."""
    source = Source(path)
    form = _form_of(source.head)
    assert form is not None
    parts: dict[str, Path] = {}
    common: list[bytes] = []
    for piece in source.text_pieces():
        lines: dict[str, list[bytes]] = {name: [] for name in parts}
        for line in piece.split(b"\n")[: -1 if piece.endswith(b"\n") else None]:
            label, text = _taken_off(line, form)
            if label is None:
                common += [] if parts or lines else [text]
                for known in lines.values():
                    known.append(text)
                continue
            lines.setdefault(label, list(common)).append(text)
        for name, texts in lines.items():
            if name not in parts:
                budget.take_member(path)
                parts[name] = folder / f"part{len(parts)}"
            budget.take_bytes(path, sum(map(len, texts)))
            with parts[name].open("ab") as out:
                out.writelines(text + b"\n" for text in texts)
    for name, part in parts.items():
        yield Member(name if len(parts) > 1 else "", part)


def _form_of(head: bytes) -> tuple[str, re.Pattern[bytes]] | None:
    lines = [line for line in head.split(b"\n")[:_SAMPLE_LINES] if line.strip()]
    if len(lines) < _LEAST_LINES:
        return None
    if sum(_DOCKER.match(line) is not None for line in lines) >= _SHARE * len(lines):
        return "", _DOCKER
    for prefix, form in _FORMS:
        found = [label for line in lines if (label := form.match(line)) is not None]
        counts = Counter(label[1] for label in found)
        if len(found) >= _SHARE * len(lines) and all(count > _TWICE for count in counts.values()) and _go_on(found, lines):
            return prefix, form
    return None


def _go_on(found: list[re.Match[bytes]], lines: list[bytes]) -> bool:
    """Tell whether what follows the labels is more than values: a list of "key: value" has no second word."""
    return sum(len(one.string[one.end() :].split()) > 1 for one in found) > 0.5 * len(lines)


def _taken_off(line: bytes, form: tuple[str, re.Pattern[bytes]]) -> tuple[str | None, bytes]:
    """Return the label (None without one) and the rest of the line; Docker's time stands before its text."""
    prefix, pattern = form
    if pattern is _DOCKER:
        try:
            told = msgspec.json.decode(line, type=_DockerLine)
        except msgspec.DecodeError:
            return None, line
        return "", (f"{told.time[:29].rstrip('Z')}Z " if told.time.endswith("Z") else "").encode() + told.log.rstrip("\n").encode()
    label = pattern.match(line)
    if label is None:
        bare = line.rstrip()
        return (prefix + bare[:-1].decode("latin-1"), b"") if re.fullmatch(rb"[A-Za-z][\w.-]{0,62}:", bare) else (None, line)
    return prefix + label[1].decode("latin-1") if label[1] else "", line[label.end() :]
