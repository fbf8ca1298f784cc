"""What a shell script would call, as far as it can be told without running it: plain assignments, their uses, decidable branches.

`$TP`, `${TP}`, `${TP:-2}`, `$((A * B))` and arrays are resolved where they are plainly assigned; `$1`, `$(...)` and the rest stay as they
stand. Of `if` and `case` only the branch that is taken counts; where that cannot be told, all do and the names that differ are listed.
"""

import ast
import fnmatch
import re
from dataclasses import dataclass, field

from app.engine.workload.sources._shell_words import Piece, Word, split_words

MOST_LETTERS = 65_536
MOST_WORK = 8_000_000
MOST_DEPTH = 12
MOST_EXPRESSION = 200
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?=)")
_DEFAULTED = re.compile(r"([A-Za-z_]\w*|\d+)(?:\[[@*]\])?(?:(:?[-=])(.*))?", re.DOTALL)
_LEADING = frozenset({"export", "local", "declare", "readonly", "then", "do", "else", "eval", "exec", "time", "nohup", "{", "!"})


class TooMuch(Exception):
    """Expanding the script would grow without bound."""


@dataclass
class Script:
    """commands: words of each; fragments: words of values that hold options; doubtful: variables set in branches that are undecided."""

    commands: list[list[str]] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)


@dataclass
class _Branch:
    """An if or a case. state: True taken, False not, None undecided; decided: an earlier branch is the one that is taken."""

    parent: bool | None
    state: bool | None = None
    decided: bool = False
    subject: str | None = None


def read_script(text: str) -> Script:
    """Return the commands of a script. Raises TooMuch."""
    return _Reader(split_words(text)).read()


class _Reader:
    def __init__(self, words: list[Word]) -> None:
        self._words, self._at = words, 0
        self._values: dict[str, str] = {}
        self._branches: list[_Branch] = []
        self._script = Script()
        self._work = 0

    def read(self) -> Script:
        """Return what the whole script says."""
        while self._at < len(self._words):
            if self._words[self._at].operator:
                self._at += 1
            else:
                self._statement()
        return self._script

    # Branches -------------------------------------------------------------------------------------------------------------------------

    @property
    def _live(self) -> bool | None:
        return self._branches[-1].state if self._branches else True

    def _statement(self) -> None:
        first = self._words[self._at].plain
        if first in ("if", "elif"):
            self._conditional(first)
        elif first == "else" and self._branches:
            branch = self._branches[-1]
            self._enter(branch, None if branch.state is None and not branch.decided else not branch.decided)
            self._at += 1
        elif first in ("fi", "esac") and self._branches:
            self._branches.pop()
            self._at += 1
        elif first == "case":
            self._case()
        elif self._branches and self._branches[-1].subject is not None and self._is_pattern():
            self._pattern(self._branches[-1])
        else:
            self._command()

    def _enter(self, branch: _Branch, truth: bool | None) -> None:
        """Set what the next branch is, under what its parent is."""
        branch.state = False if branch.parent is False or branch.decided or truth is False else None if branch.parent is None else truth
        branch.decided = branch.decided or truth is True

    def _conditional(self, first: str) -> None:
        self._at += 1
        condition: list[Word] = []
        while self._at < len(self._words) and self._words[self._at].plain != "then":
            condition.append(self._words[self._at])
            self._at += 1
        self._at += 1
        if first == "if" or not self._branches:
            self._branches.append(_Branch(self._live))
        live = self._branches[-1].parent
        self._enter(self._branches[-1], self._truth(condition) if live is not False else False)

    def _case(self) -> None:
        subject = self._expanded(self._words[self._at + 1]) if self._at + 1 < len(self._words) else []
        self._branches.append(_Branch(self._live, subject=" ".join(subject)))
        self._branches[-1].state = False
        self._at += 2
        if self._at < len(self._words) and self._words[self._at].plain == "in":
            self._at += 1

    def _is_pattern(self) -> bool:
        """A pattern of a case ends in a bracket on its own line."""
        for word in self._words[self._at : self._at + 40]:
            if word.operator == ")":
                return True
            if word.operator not in ("", "|"):
                return False
        return False

    def _pattern(self, branch: _Branch) -> None:
        patterns = []
        while self._words[self._at].operator != ")":
            patterns += self._expanded(self._words[self._at])
            self._at += 1
        self._at += 1
        known = "$" not in (branch.subject or "")
        matches = any(fnmatch.fnmatchcase(branch.subject or "", pattern[:200]) for pattern in patterns)
        self._enter(branch, matches if known else None)

    def _truth(self, condition: list[Word]) -> bool | None:
        """Return whether a condition of tests holds, None where that cannot be told."""
        tests: list[list[str]] = [[]]
        joints: list[str] = []
        for word in condition:
            if word.operator in ("&&", "||") or word.plain in ("-a", "-o"):
                joints.append("&&" if word.operator == "&&" or word.plain == "-a" else "||")
                tests.append([])
            elif not word.operator and word.plain not in ("[", "]", "[[", "]]"):
                tests[-1].append(" ".join(self._expanded(word, unset_is_empty=True)))
        truth = _holds(tests[0])
        for joint, test in zip(joints, tests[1:], strict=True):
            other = _holds(test)
            if joint == "&&":
                truth = False if truth is False or other is False else None if truth is None or other is None else True
            else:
                truth = True if truth is True or other is True else None if truth is None or other is None else False
        return truth

    # Commands -------------------------------------------------------------------------------------------------------------------------

    def _command(self) -> None:
        words: list[str] = []
        leading = True
        while self._at < len(self._words) and not self._words[self._at].operator:
            word = self._words[self._at]
            self._at += 1
            if leading and word.plain in _LEADING:
                continue
            if leading and self._assign(word):
                continue
            leading = False
            if self._live is not False:
                words += self._expanded(word)
        if words and self._live is not False:
            self._script.commands.append(words)

    def _assign(self, word: Word) -> bool:
        first = word.pieces[0] if word.pieces else Piece("text", "")
        found = _ASSIGNMENT.match(first.text) if first.kind == "text" and not first.quoted else None
        if found is None:
            return False
        rest = Word([Piece("text", first.text[found.end() :]), *word.pieces[1:]])
        following = self._words[self._at] if self._at < len(self._words) else Word()
        is_array = following.operator == "(" and not any(piece.text for piece in rest.pieces)
        values = self._array() if is_array else self._expanded(rest)
        if self._live is not False:
            self._set(found[1], " ".join(values), add=found[2] == "+=")
        return True

    def _array(self) -> list[str]:
        values: list[str] = []
        self._at += 1
        while self._at < len(self._words) and self._words[self._at].operator != ")":
            if not self._words[self._at].operator:
                values += self._expanded(self._words[self._at])
            self._at += 1
        self._at += 1
        return values

    def _set(self, name: str, value: str, *, add: bool) -> None:
        present = self._values.get(name)
        if self._live is None and present not in (None, value):
            self._script.doubtful.add(name)
        value = f"{present or ''} {value}" if add else value
        self._values[name] = value if len(value) <= MOST_LETTERS else f"${name}"
        if "--" in value:
            self._script.fragments += self._values[name].split()

    def _expanded(self, word: Word, depth: int = 0, *, unset_is_empty: bool = False) -> list[str]:
        """Return what a word becomes: several words where a variable holds several."""
        text = "".join(self._resolved(piece, depth, unset_is_empty) for piece in word.pieces)
        self._work += len(text) + 1
        if self._work > MOST_WORK:
            raise TooMuch
        if any(piece.kind == "variable" for piece in word.pieces) or "--" in text:
            return text.split()
        return [text]

    def _resolved(self, piece: Piece, depth: int, unset_is_empty: bool) -> str:
        if piece.kind == "text":
            return piece.text
        if piece.kind == "arithmetic":
            found = calculate(self._substituted(piece.text))
            return f"$(({piece.text}))" if found is None else str(found)
        if piece.kind == "command" or depth > MOST_DEPTH:
            return f"$({piece.text[:40]})".replace(" ", "_").replace("--", "__")
        found = _DEFAULTED.fullmatch(piece.text)
        value = self._values.get(found[1]) if found else None
        if value is not None and not (value == "" and (found and found[2] or "").startswith(":")):
            return value
        if found and found[2]:
            inner = split_words(found[3])
            return " ".join(part for word in inner if not word.operator for part in self._expanded(word, depth + 1))
        if found and unset_is_empty and not found[1].isdigit():
            return ""
        return f"${piece.text}".replace(" ", "_")

    def _substituted(self, text: str) -> str:
        return re.sub(r"\$?\{?([A-Za-z_]\w*)\}?", lambda name: self._values.get(name[1], "?")[:30], text[:MOST_EXPRESSION])


def _holds(test: list[str]) -> bool | None:
    if test[:1] == ["!"]:
        truth = _holds(test[1:])
        return None if truth is None else not truth
    if len(test) == 2 and test[0] in ("-z", "-n"):  # noqa: PLR2004 - an operator and what it asks about
        return None if "$" in test[1] else (test[1] == "") == (test[0] == "-z")
    if len(test) != 3 or "" in (test[0], test[2]) or "$" in test[0] + test[2]:  # noqa: PLR2004 - left, operator, right
        return None
    left, sign, right = test
    if sign in ("=", "==", "!="):
        return (left == right) == (sign != "!=")
    try:
        difference = int(left) - int(right)
    except ValueError:
        return None
    signs = {"-eq": difference == 0, "-ne": difference != 0, "-gt": difference > 0, "-ge": difference >= 0}
    return signs.get(sign, {"-lt": difference < 0, "-le": difference <= 0}.get(sign))


def calculate(text: str) -> int | None:
    """Return the whole number that an expression of + - * / % and brackets gives, None for anything else."""
    try:
        tree = ast.parse(text.strip().replace("/", "//"), mode="eval")
        return _value(tree.body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return None


def _value(node: ast.expr) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int and abs(node.value) < 10**12:
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        kinds = {
            ast.Add: left.__add__,
            ast.Sub: left.__sub__,
            ast.Mult: left.__mul__,
            ast.FloorDiv: left.__floordiv__,
            ast.Mod: left.__mod__,
        }
        if type(node.op) in kinds:
            return kinds[type(node.op)](right)
    raise ValueError("not arithmetic")
