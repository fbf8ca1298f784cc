"""Everything that is no Python file: notebooks, C and CUDA, shell scripts, and the files that name packages."""

import re
import tomllib
from collections.abc import Iterator

import msgspec

from app.engine.scanning.lines import line_finder
from app.engine.scanning.python_source import Tell
from app.engine.scanning.rules import Rules

_REQUIREMENT = re.compile(r"^\s*(?:-\s*)?[\"']?([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*((?:[=<>!~]=?=?|@)[^;#\"']*)?")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
MOST_PACKAGES = 2000
_NO_PACKAGES = ("name", "channels", "dependencies", "pip", "prefix", "python", "pip:")


def notebook_cells(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (number, source) of the code cells, without the lines that are commands of the notebook. Raises ValueError for no notebook."""
    try:
        held = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    cells = held.get("cells") if isinstance(held, dict) else None
    if not isinstance(cells, list):
        raise ValueError("no cells")
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        text = "".join(part for part in source if isinstance(part, str)) if isinstance(source, list) else str(source)
        lines = ["" if line.lstrip().startswith(("%", "!", "?")) else line for line in text.splitlines()]
        if not text.startswith("%%"):
            yield number, "\n".join(lines).encode("utf-8", "replace")


def read_native(text: str, rules: Rules, tell: Tell) -> None:
    """Tell the finds of a C, C++ or CUDA source; comments are blanked first, so that lines keep their numbers."""
    plain = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    line_of = line_finder(plain)
    for pattern, rule in rules.text:
        for found in pattern.finditer(plain):
            what = re.sub(r"\s*\($", "", found[0].strip())
            tell(line_of(found.start()), rule, what)


def read_shell(text: str, rules: Rules, tell: Tell) -> None:
    """Tell the finds of a script: words and the names of variables, against the rules for whole texts and for dotted names."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        for word in re.split(r"[\s=;|&\"'(){}$]+", line):
            if rule := rules.of_string(word):
                tell(number, rule, word)
            elif "." in word and (found := rules.of_name(word)):
                tell(number, *found)


def requirements(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (package, constraint, line) of a requirements file or the list of a conda environment."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("#", "-r", "-e", "-f", "--", "-i ", "http", "git+")):
            continue
        found = _REQUIREMENT.match(line)
        if found and not line.rstrip().endswith(":") and found[1].lower() not in _NO_PACKAGES:
            yield found[1], (found[2] or "").strip(), number


def conda_requirements(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (package, constraint, line) of an environment.yml: the lines of its lists, those of channels left out."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line[0].isspace() and not line.startswith("-"):
            section = line.partition(":")[0].strip()
        if section == "dependencies" and line.lstrip().startswith("-"):
            for package, constraint, _ in requirements(line.rpartition("::")[2] if "::" in line else line):
                yield package, constraint, number


def pyproject_requirements(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (package, constraint, line) of a pyproject.toml. Raises ValueError where it is none."""
    held = tomllib.loads(text)
    project = held.get("project", {})
    project = project if isinstance(project, dict) else {}
    extras = project.get("optional-dependencies", {})
    lists = [project.get("dependencies", []), *(extras.values() if isinstance(extras, dict) else ())]
    wanted = [one for many in lists if isinstance(many, list) for one in many if isinstance(one, str)]
    tool = held.get("tool", {})
    poetry = tool.get("poetry", {}) if isinstance(tool, dict) else {}
    table = poetry.get("dependencies", {}) if isinstance(poetry, dict) else {}
    wanted += [f"{name}=={value}" if isinstance(value, str) else name for name, value in table.items()] if isinstance(table, dict) else []
    line_of = line_finder(text)
    for one in dict.fromkeys(wanted[:MOST_PACKAGES]):
        for package, constraint, _ in requirements(one):
            yield package, constraint, line_of(max(text.find(package), 0))
