"""One Python source: its syntax tree is walked without recursion; names are followed through imports, nothing is run."""

import ast
import re
from collections.abc import Callable

from msgspec import Struct

from app.engine.model.porting import SourceRule
from app.engine.scanning.lines import line_finder
from app.engine.scanning.rules import Rules

Tell = Callable[[int, SourceRule, str], None]
"""What is called for each find: line, rule, what."""
_PYTHON_2 = re.compile(r"^[ \t]*(?:print[ \t]+[^\s(=.,]|exec\s+['\"\w]|raise\s+\w+\s*,|except\s+[\w.]+\s*,\s*\w+\s*:)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+([\w.]+)", re.MULTILINE)


class Read(Struct):
    """What one source told beside its finds. imports: top-level name -> first line; requires: (package as written, line) of setup()."""

    imports: dict[str, int] = {}
    requires: list[tuple[str, int]] = []


class NotParsed(Exception):
    """The source has no syntax tree. why: a message code of scan.unread."""

    def __init__(self, why: str, line: int, detail: str) -> None:
        super().__init__(why)
        self.why, self.line, self.detail = why, line, detail


class _Nodes(Struct):
    """The nodes of a tree that matter, each with its line."""

    chains: list[tuple[int, str, str]] = []
    methods: list[tuple[int, str, str]] = []
    strings: list[tuple[int, str]] = []
    names: list[tuple[int, str]] = []
    imports: list[ast.Import | ast.ImportFrom] = []
    requires: list[tuple[str, int]] = []


def parse(source: bytes) -> ast.Module:
    """Return the syntax tree. Raises NotParsed with the place."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        try:
            source.decode("utf-8")
        except UnicodeDecodeError:  # Chinese editors of Windows write GBK without saying so
            return _parse_text(source.decode("gb18030", "replace"))
        raise _not_parsed(error, source.decode("utf-8", "replace")) from error
    except (RecursionError, MemoryError) as error:
        raise NotParsed("too_nested", 0, "") from error


def _parse_text(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise _not_parsed(error, text) from error
    except (RecursionError, MemoryError) as error:
        raise NotParsed("too_nested", 0, "") from error


def _not_parsed(error: SyntaxError | ValueError, text: str) -> NotParsed:
    line = (error.lineno or 0) if isinstance(error, SyntaxError) else 0
    detail = error.msg if isinstance(error, SyntaxError) else str(error)
    return NotParsed("python_2" if _PYTHON_2.search(text) else "syntax", line, detail)


def read_tree(tree: ast.Module, rules: Rules, tell: Tell) -> Read:
    """Tell every find of a tree; return its imports."""
    nodes = _nodes(tree)
    read = Read(requires=nodes.requires)
    known: dict[str, str] = {}
    for node in nodes.imports:
        _imported(node, known, read, rules, tell)
    for line, root, rest in nodes.chains:
        if root in known and (found := rules.of_name(f"{known[root]}.{rest}")):
            tell(line, *found)
    for line, name in nodes.names:
        if name in known and "." in known[name] and (found := rules.of_name(known[name])):
            tell(line, *found)
    for line, root, name in nodes.methods:
        rule = rules.methods.get(name)
        if rule is not None and root not in known:
            tell(line, rule, f".{name}()")
    for line, text in nodes.strings:
        if rule := rules.of_string(text):
            tell(line, rule, f'"{text}"')
    return read


def read_broken(text: str, rules: Rules, tell: Tell) -> Read:
    """Tell what can be told of a source that does not parse: dotted names as written, and imports line by line."""
    read, line_of = Read(), line_finder(text)
    for found in _IMPORT.finditer(text):
        read.imports.setdefault(found[1].partition(".")[0], line_of(found.start()))
    if rules.anywhere is not None:
        for found in rules.anywhere.finditer(text):
            if matched := rules.of_name(found[0].rstrip(".")):
                tell(line_of(found.start()), *matched)
    return read


def _imported(node: ast.Import | ast.ImportFrom, known: dict[str, str], read: Read, rules: Rules, tell: Tell) -> None:
    if isinstance(node, ast.ImportFrom):
        if node.level or not node.module:
            return
        names = [(alias.asname or alias.name, f"{node.module}.{alias.name}", alias.lineno) for alias in node.names]
        names = [(local, node.module if dotted.endswith(".*") else dotted, line) for local, dotted, line in names]
    else:
        names = [
            (alias.asname or alias.name.partition(".")[0], alias.name if alias.asname else alias.name.partition(".")[0], alias.lineno)
            for alias in node.names
        ]
        for alias in node.names:
            if "." in alias.name and not alias.asname and (found := rules.of_name(alias.name)):
                tell(alias.lineno, *found)
    for local, dotted, line in names:
        known[local] = dotted
        read.imports.setdefault(dotted.partition(".")[0], line)
        if found := rules.of_name(dotted):
            tell(line, *found)


def _nodes(tree: ast.Module) -> _Nodes:
    """Return the nodes that matter. Half a million of them are asked: by exact type, children by their fields."""
    found = _Nodes()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        note = _NOTES.get(type(node))
        if note is not None and not note(node, found, waiting):
            continue
        for name in node._fields:
            value = getattr(node, name, None)
            if type(value) is list:
                waiting.extend(one for one in value if isinstance(one, ast.AST))
            elif isinstance(value, ast.AST):
                waiting.append(value)
    return found


def _note_chain(node: ast.Attribute, found: _Nodes, waiting: list[ast.AST]) -> bool:
    """Note a dotted name; where it begins with something else than a name, that is still to be seen."""

    parts, inner = [node.attr], node.value
    while type(inner) is ast.Attribute:
        parts.append(inner.attr)
        inner = inner.value
    if type(inner) is ast.Name:
        found.chains.append((node.lineno, inner.id, ".".join(reversed(parts))))
    else:
        waiting.append(inner)
    return False


def _note_constant(node: ast.Constant, found: _Nodes, _waiting: list[ast.AST]) -> bool:
    if type(node.value) is str:
        found.strings.append((node.lineno, node.value))
    return False


def _note_name(node: ast.Name, found: _Nodes, _waiting: list[ast.AST]) -> bool:
    found.names.append((node.lineno, node.id))
    return False


def _note_import(node: ast.Import | ast.ImportFrom, found: _Nodes, _waiting: list[ast.AST]) -> bool:
    found.imports.append(node)
    return False


def _note_statement(node: ast.Expr, _found: _Nodes, _waiting: list[ast.AST]) -> bool:
    return type(node.value) is not ast.Constant  # a text that only explains


def _note_call(node: ast.Call, found: _Nodes, _waiting: list[ast.AST]) -> bool:
    function = node.func
    if type(function) is ast.Attribute:
        inner = function.value
        found.methods.append((node.lineno, inner.id if type(inner) is ast.Name else "", function.attr))
    for keyword in node.keywords:
        if keyword.arg == "install_requires" and isinstance(keyword.value, ast.List | ast.Tuple):
            for one in keyword.value.elts:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    found.requires.append((one.value, one.lineno))
    return True


_NOTES: dict[type, Callable[..., bool]] = {
    ast.Attribute: _note_chain,
    ast.Constant: _note_constant,
    ast.Name: _note_name,
    ast.Import: _note_import,
    ast.ImportFrom: _note_import,
    ast.Expr: _note_statement,
    ast.Call: _note_call,
}
"""What is noted of a node by its type; each tells whether its children are to be seen too."""
