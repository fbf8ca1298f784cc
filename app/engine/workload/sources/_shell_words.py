"""Words of a shell script: quotes, comments, continued lines, expansions told apart. Nothing is ever executed."""

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["text", "variable", "arithmetic", "command"]
_OPERATORS = (";;", "&&", "||", ";", "|", "&", "\n", "(", ")", "<", ">")
_NAME = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
_PLAIN = re.compile(r"[^\s\\'\"`$;&|()<>]+")


@dataclass(frozen=True)
class Piece:
    """A part of a word. text: as it stands, or the inside of ${...}, $((...)), $(...)."""

    kind: Kind
    text: str
    quoted: bool = False


@dataclass
class Word:
    """One word of a command; an operator has no pieces."""

    pieces: list[Piece] = field(default_factory=list)
    operator: str = ""

    @property
    def plain(self) -> str:
        """The text of a word without expansions, "" for any other."""
        return "".join(piece.text for piece in self.pieces) if all(piece.kind == "text" for piece in self.pieces) else ""


def split_words(text: str) -> list[Word]:
    """Return words and operators in order. A quote that is never closed reaches to the end."""
    return _Lexer(text).words()


class _Lexer:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._found: list[Word] = []
        self._word: list[Piece] | None = None

    def words(self) -> list[Word]:
        """Return all words."""
        while self._at < len(self._text):
            self._step()
        self._end()
        return self._found

    def _end(self) -> None:
        if self._word is not None:
            self._found.append(Word(self._word))
            self._word = None

    def _add(self, *pieces: Piece) -> None:
        if self._word is None:
            self._word = []
        self._word.extend(pieces)

    def _step(self) -> None:
        text, at = self._text, self._at
        letter = text[at]
        plain = _PLAIN.match(text, at)
        if letter == "#" and self._word is None:
            self._at = _next(text, "\n", at)
        elif plain:
            self._at = plain.end()
            self._add(Piece("text", plain[0]))
        elif letter == "\\":
            self._at += 2
            if text[at + 1 : at + 2] != "\n":
                self._add(Piece("text", text[at + 1 : at + 2], True))
        elif letter == "'":
            end = _next(text, "'", at + 1)
            self._add(Piece("text", text[at + 1 : end], True))
            self._at = end + 1
        elif letter == '"':
            self._double()
        elif letter in "$`":
            self._add(self._expansion(quoted=False))
        else:
            self._operator()

    def _operator(self) -> None:
        self._end()
        text, at = self._text, self._at
        heredoc = re.compile(r"<<-?[ \t]*(['\"]?)(\w+)\1").match(text, at)
        if heredoc and text[at : at + 3] != "<<<":
            end = re.compile(rf"^[ \t]*{heredoc[2]}[ \t]*$", re.MULTILINE).search(text, _next(text, "\n", heredoc.end()))
            self._at = end.end() if end else len(text)
            return
        found = next((one for one in _OPERATORS if text.startswith(one, at)), "")
        self._at += max(1, len(found))
        if found:
            self._found.append(Word(operator=found))

    def _double(self) -> None:
        self._at += 1
        self._add()
        text = self._text
        start = self._at
        while self._at < len(text) and text[self._at] != '"':
            if text[self._at] not in "\\$`":
                self._at += 1
                continue
            self._add(Piece("text", text[start : self._at], True))
            if text[self._at] == "\\":
                escaped = text[self._at + 1 : self._at + 2]
                self._at += 2
                self._add(Piece("text", escaped if escaped in '"\\$`' else "" if escaped == "\n" else f"\\{escaped}", True))
            else:
                self._add(self._expansion(quoted=True))
            start = self._at
        self._add(Piece("text", text[start : self._at], True))
        self._at += 1

    def _expansion(self, *, quoted: bool) -> Piece:
        text, at = self._text, self._at
        for opening, closing, kind in (("$((", "))", "arithmetic"), ("$(", ")", "command"), ("${", "}", "variable")):
            if text.startswith(opening, at):
                end = _closing(text, at + 1, opening[-1], closing[-1])
                inside = text[at + len(opening) : end + 1 - len(closing)]
                self._at = end + 1
                return Piece(kind, inside, quoted)  # type: ignore[arg-type]
        if text[at] == "`":
            end = _next(text, "`", at + 1)
            self._at = end + 1
            return Piece("command", text[at + 1 : end], quoted)
        name = _NAME.match(text, at + 1)
        self._at = name.end() if name else at + 1
        return Piece("variable", name[0], quoted) if name else Piece("text", "$", quoted)


def _next(text: str, wanted: str, at: int) -> int:
    found = text.find(wanted, at)
    return len(text) if found < 0 else found


def _closing(text: str, at: int, opening: str, closing: str) -> int:
    """Return where the bracket that opens at `at` closes; the end of the text where it does not."""
    depth = 0
    for found in re.compile(f"[{re.escape(opening + closing)}]").finditer(text, at):
        depth += 1 if found[0] == opening else -1
        if depth == 0:
            return found.start()
    return len(text)
