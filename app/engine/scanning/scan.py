"""Read a folder of source: every file by its kind, finds summed by file and name, packages, and what could not be read."""

import sys
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from app.engine.model.porting import Found, Package, Porting, Scan, SourceRule, Unread
from app.engine.progress import Progress, no_progress
from app.engine.scanning import other_sources
from app.engine.scanning.python_source import NotParsed, Read, Tell, parse, read_broken, read_tree
from app.engine.scanning.rules import Rules, rules_of
from app.engine.scanning.walking import Source, read_bytes, walk

MOST_FINDINGS = 2000
"""What a project keeps; the rest is counted."""
_TOLD_EVERY = 20
_STANDARD = frozenset(sys.stdlib_module_names)


class _Gathering:
    """What was found so far."""

    def __init__(self, rules: Rules, modules: set[str]) -> None:
        self.rules, self.modules = rules, modules
        self.lines = 0
        self.found: dict[tuple[str, str, str], list] = {}
        self.imports: Counter[str] = Counter()
        self.first: dict[str, tuple[str, int]] = {}
        self.required: dict[str, tuple[str, str, int]] = {}
        self.unreadable: list[Unread] = []
        self.skipped: Counter[str] = Counter()

    def teller(self, file: str) -> Tell:
        """Return what notes a find of this file."""

        def tell(line: int, rule: SourceRule, what: str) -> None:
            held = self.found.setdefault((file, rule.kind, what), [line, 0, rule.topic])
            held[0], held[1] = min(held[0], line), held[1] + 1

        return tell

    def note(self, read: Read, file: str) -> None:
        """Note the imports of a file and the packages that its setup() asks for."""
        tell = self.teller(file)
        for top, line in read.imports.items():
            if top in self.modules or top in _STANDARD:
                continue
            self.imports[top] += 1
            self.first.setdefault(top, (file, line))
            if rule := self.rules.of_import(top):
                tell(line, rule, top)
        for written, line in read.requires:
            self.require(other_sources.requirements(written), file, line)

    def require(self, packages: Iterable[tuple[str, str, int]], file: str, line: int | None = None) -> None:
        """Note packages that a file asks for."""
        for name, constraint, at in packages:
            self.required.setdefault(name, (constraint, file, line or at))


def scan_folder(folder: Path, porting: Porting, progress: Progress = no_progress) -> Scan:
    """Return what a folder of source holds. Raises EngineError for what is no folder or cannot be opened."""
    folder = Path(folder)
    walked = walk(folder, progress)
    gathered = _Gathering(rules_of(porting), walked.modules)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the customer's source, such as an escape that no one knows
        for number, source in enumerate(walked.sources):
            if number % _TOLD_EVERY == 0:
                progress(number / len(walked.sources), "scan.doing.read")
            _read(source, gathered)
    progress(1.0, "scan.doing.read")
    ordered = [Found(file, line, kind, what, topic, count) for (file, kind, what), (line, count, topic) in gathered.found.items()]
    ordered.sort(key=lambda one: (-one.count, one.file, one.line))
    return Scan(
        folder=folder.resolve().name,
        files=len(walked.sources),
        lines=gathered.lines,
        skipped=dict(walked.skipped + gathered.skipped),
        unreadable=(*walked.unreadable, *gathered.unreadable),
        findings=tuple(sorted(ordered[:MOST_FINDINGS], key=lambda one: (one.file, one.line))),
        packages=_packages(gathered),
        left_out=max(0, len(ordered) - MOST_FINDINGS),
    )


def _read(source: Source, gathered: _Gathering) -> None:
    try:
        data = read_bytes(source.path)
    except OSError as error:
        gathered.unreadable.append(Unread(source.name, 0, "not_opened", error.strerror or ""))
        return
    if b"\0" in data[:65536]:
        gathered.skipped["binary"] += 1
        return
    gathered.lines += data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    if source.kind == "python":
        _read_python(data, source.name, gathered)
    elif source.kind == "notebook":
        _read_notebook(data, source.name, gathered)
    else:
        _read_text(data.decode("utf-8", "replace"), source, gathered)


def _read_python(data: bytes, name: str, gathered: _Gathering) -> None:
    tell = gathered.teller(name)
    try:
        gathered.note(read_tree(parse(data), gathered.rules, tell), name)
    except NotParsed as error:
        gathered.unreadable.append(Unread(name, error.line, error.why, error.detail))
        gathered.note(read_broken(data.decode("utf-8", "replace"), gathered.rules, tell), name)


def _read_notebook(data: bytes, name: str, gathered: _Gathering) -> None:
    try:
        for number, source in other_sources.notebook_cells(data):
            _read_python(source, f"{name}#{number}", gathered)
    except ValueError as error:
        gathered.unreadable.append(Unread(name, 0, "notebook", str(error)))


def _read_text(text: str, source: Source, gathered: _Gathering) -> None:
    tell = gathered.teller(source.name)
    if source.kind == "native":
        other_sources.read_native(text, gathered.rules, tell)
    elif source.kind == "shell":
        other_sources.read_shell(text, gathered.rules, tell)
    elif source.kind == "conda":
        gathered.require(other_sources.conda_requirements(text), source.name)
    elif source.kind == "requirements":
        gathered.require(other_sources.requirements(text), source.name)
    else:
        try:
            gathered.require(other_sources.pyproject_requirements(text), source.name)
        except ValueError as error:
            gathered.unreadable.append(Unread(source.name, getattr(error, "lineno", 0) or 0, "pyproject", str(error)))


def _packages(gathered: _Gathering) -> tuple[Package, ...]:
    """Return the third-party packages, imported or asked for; one that is both stands once, under the name that was asked for."""
    found: dict[str, Package] = {}
    imported = {name.lower().replace("-", "_"): name for name in gathered.imports}
    for name, (constraint, file, line) in gathered.required.items():
        rule = gathered.rules.of_package(name)
        top = imported.pop(name.lower().replace("-", "_"), "")
        found[name] = Package(name, constraint, file, line, gathered.imports[top] if top else 0, rule.topic if rule else "")
    for name in imported.values():
        rule = gathered.rules.of_import(name)
        file, line = gathered.first[name]
        found.setdefault(name, Package(name, "", file, line, gathered.imports[name], rule.topic if rule else ""))
    return tuple(sorted(found.values(), key=lambda one: (not one.topic, -one.imported, one.name.lower())))
