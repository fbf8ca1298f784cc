"""The part of YAML that configurations are written in: maps and lists by indentation, plain and quoted scalars, flow lists, block texts.

Anchors, aliases, tags and flow maps are refused rather than guessed.
"""

import re

MOST_DEPTH = 40
_KEY = re.compile(r"""("[^"]*"|'[^']*'|[^\s#:'"\[\]{},&*!|>%@`?-][^:#]*|-[^\s:#][^:#]*):(?:\s+(.*))?$""")
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False, "null": None, "~": None, "": None}
_NUMBER = re.compile(r"[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?")
Tree = dict | list | str | int | float | bool | None


class BadYaml(Exception):
    """line: where it cannot be read."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def read_yaml(text: str) -> Tree:
    """Return the first document. Raises BadYaml."""
    lines: list[tuple[int, int, str]] = []
    for number, raw in enumerate(text.split("\n"), 1):
        if lines and re.match(r"---(\s|$)", raw):
            break
        line = raw.rstrip()
        if line.strip() and not line.lstrip().startswith(("#", "---", "%")):
            lines.append((number, len(line) - len(line.lstrip(" ")), line.lstrip(" ")))
    reader = _Reader(lines)
    found = reader.block(0, 0) if lines else None
    if reader.at < len(lines):
        raise BadYaml(lines[reader.at][0])
    return found


class _Reader:
    def __init__(self, lines: list[tuple[int, int, str]]) -> None:
        self._lines, self.at = lines, 0

    def block(self, least: int, depth: int) -> Tree:
        """Return the map, list or scalar that stands from here on, indented by `least` or more."""
        if self.at >= len(self._lines) or self._lines[self.at][1] < least:
            return None
        number, indent, line = self._lines[self.at]
        if depth > MOST_DEPTH:
            raise BadYaml(number)
        if line == "-" or line.startswith("- "):
            return self._list(indent, depth)
        if _KEY.match(_without_comment(line)):
            return self._map(indent, depth)
        self.at += 1
        return _scalar(_without_comment(line), number)

    def _list(self, indent: int, depth: int) -> list:
        found: list[Tree] = []
        while self.at < len(self._lines) and self._lines[self.at][1] == indent and re.match(r"-(\s|$)", self._lines[self.at][2]):
            number, _, line = self._lines[self.at]
            rest = _without_comment(line[1:].lstrip())
            if not rest:
                self.at += 1
                found.append(self.block(indent + 1, depth + 1))
            elif _KEY.match(rest) or re.match(r"-(\s|$)", rest):
                inner = indent + len(line) - len(line[1:].lstrip())
                self._lines[self.at] = (number, inner, rest)
                found.append(self.block(inner, depth + 1))
            else:
                self.at += 1
                found.append(_scalar(rest, number))
        return found

    def _map(self, indent: int, depth: int) -> dict:
        found: dict[str, Tree] = {}
        while self.at < len(self._lines) and self._lines[self.at][1] == indent:
            number, _, line = self._lines[self.at]
            key = _KEY.match(_without_comment(line))
            if key is None:
                raise BadYaml(number)
            self.at += 1
            value = (key[2] or "").strip()
            name = key[1].strip().strip("'\"")
            if value[:1] in ("|", ">"):
                found[name] = self._text(indent)
            elif value:
                found[name] = _scalar(value, number)
            else:
                found[name] = self._inner(indent, depth)
        return found

    def _inner(self, indent: int, depth: int) -> Tree:
        """Return what stands below a key: deeper, or a list as deep as the key."""
        if self.at < len(self._lines):
            _, deep, line = self._lines[self.at]
            if deep == indent and re.match(r"-(\s|$)", line):
                return self._list(indent, depth + 1)
        return self.block(indent + 1, depth + 1)

    def _text(self, indent: int) -> str:
        lines = []
        while self.at < len(self._lines) and self._lines[self.at][1] > indent:
            lines.append(self._lines[self.at][2])
            self.at += 1
        return "\n".join(lines)


def _without_comment(line: str) -> str:
    if "#" not in line:
        return line
    quote = ""
    for at, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"" and (at == 0 or line[at - 1] in " [,:"):
            quote = letter
        elif letter == "#" and (at == 0 or line[at - 1] in " \t"):
            return line[:at].rstrip()
    return line


def _scalar(text: str, number: int) -> Tree:
    text = text.strip()
    if text[:1] == "[":
        if text[-1:] != "]":
            raise BadYaml(number)
        return [_scalar(part, number) for part in _parts(text[1:-1], number)]
    if text == "{}":
        return {}
    if text[:1] in ("&", "*", "!", "{", "@", "`", "?"):
        raise BadYaml(number)
    if text[:1] in ("'", '"'):
        if len(text) == 1 or text[-1] != text[0]:
            raise BadYaml(number)
        return text[1:-1]
    return plain_value(text)


def _parts(text: str, number: int) -> list[str]:
    if "[" in text or "{" in text:
        raise BadYaml(number)
    return [part for part in re.findall(r"""\s*("[^"]*"|'[^']*'|[^,]*)\s*(?:,|$)""", text) if part.strip()]


def plain_value(text: str) -> str | int | float | bool | None:
    """Return what an unquoted word means: a truth value, a number, nothing, or a text."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if len(text) < 40 and _NUMBER.fullmatch(text):  # noqa: PLR2004 - no number that is meant is longer
        bare = text.replace("_", "")
        return int(bare) if bare.lstrip("+-").isdigit() else float(bare)
    return float(text.replace(".", "")) if text.lower() in (".inf", "-.inf", ".nan") else text
