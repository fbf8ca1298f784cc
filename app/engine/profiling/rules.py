"""The rule table of the advice: platform_db/advice_rules.toml."""

import re
import tomllib
from functools import cache
from typing import Literal

import msgspec
from msgspec import Struct

from app.engine.errors import EngineError
from app.engine.paths import platform_db_folder
from app.engine.profiling.expressions import names_in


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """One piece of advice and when it is given.

    id        the message profiling.advice.<id>
    when      all must hold; a condition on a figure that is unknown does not hold
    urgent    raises the severity to high
    evidence  figures that are told with it, where known
    say       parameter of the message -> figure (its label, without that end, where the parameter ends in _name)
    gain      (least, most) share of the run's time, as sums over figures; none = nothing that was measured bears a number
    """

    id: str
    severity: Literal["high", "medium", "low"]
    when: tuple[str, ...]
    reason: str
    urgent: str = ""
    evidence: tuple[str, ...] = ()
    say: dict[str, str] = {}
    gain: tuple[str, str] | None = None


class Library(Struct, frozen=True, forbid_unknown_fields=True):
    """Kernels of one library by their names, and what is faster. The first that fits wins."""

    pattern: str
    name: str
    newer: str
    source: str


class AdviceRules(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    source: str
    rule: tuple[Rule, ...]
    library: tuple[Library, ...]


@cache
def advice_rules() -> AdviceRules:
    """Return the table. Raises EngineError naming the file, and the rule where one is wrong."""
    path = platform_db_folder() / "advice_rules.toml"
    try:
        table = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), AdviceRules)
        for rule in table.rule:
            for text in (*rule.when, *filter(None, [rule.urgent]), *(rule.gain or ())):
                names_in(text)
        for library in table.library:
            re.compile(library.pattern)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError, re.error) as error:
        raise EngineError("profiling.bad_rules", file=path.name, detail=str(error)) from error
    return table


def library_of(kernel: str) -> Library | None:
    """Return the library whose kernel this is by its name, None where the table does not know it."""
    return next((one for one in advice_rules().library if re.search(one.pattern, kernel, re.IGNORECASE)), None)
