"""A form that came back: each answer understood as the value of its key, or told with what is wrong with it."""

import datetime
import re
from pathlib import Path

from msgspec import Struct

from app.engine.known import catalogue
from app.engine.messages import LANGUAGES, Message, message
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import Workload
from app.engine.questionnaire.package import KEY, rows_of
from app.engine.questionnaire.questions import choice_word, say
from app.engine.workload import KEYS, PERCENT, Fault, Value, blank_of, choices_of, kind_of, typed_value, value_of, with_value

YES, NO = frozenset({"yes", "y", "true", "1", "√", "✓"}), frozenset({"no", "n", "false", "0", "×"})
MOST_TEXT = 2000


class Answer(Struct, frozen=True):
    """One answered line: where it stands, its key, what is written there; its value, or why it is not understood."""

    place: str
    key: str
    text: str
    value: Value = None
    fault: Message | None = None


class Filled(Struct, frozen=True):
    """A form: its answered lines in order, and how many were left blank."""

    file: str
    answers: tuple[Answer, ...]
    blank: int = 0

    @property
    def understood(self) -> tuple[Answer, ...]:
        """What can be taken over."""
        return tuple(one for one in self.answers if one.fault is None)

    @property
    def faults(self) -> tuple[Answer, ...]:
        """What cannot."""
        return tuple(one for one in self.answers if one.fault is not None)


def read_questionnaire(path: Path) -> Filled:
    """Read a form that was filled in. Raises EngineError where it is none or may do harm."""
    answers: list[Answer] = []
    seen: dict[str, str] = {}
    blank = 0
    for place, cells in rows_of(Path(path)):
        key = _key_of(cells)
        if not key:
            continue
        text, is_number = _written(cells[1] if len(cells) > 1 else "")
        if not text:
            blank += 1
        elif key not in KEYS:
            answers.append(Answer(place, key, text, fault=message("questionnaire.unknown_key", key=key)))
        elif key in seen:
            answers.append(Answer(place, key, text, fault=message("questionnaire.twice", place=seen[key])))
        else:
            seen[key] = place
            answers.append(_answer(place, key, text, is_number=is_number))
    return Filled(Path(path).name, tuple(answers), blank)


def applied(workload: Workload | None, requirement: Requirement, filled: Filled) -> tuple[Workload, Requirement, tuple[Message, ...]]:
    """Return both with the answers in them; said of each: what stood there and is written over, a unit that has no speed."""
    work, asked = workload or Workload("", "pretrain"), requirement
    replaced = []
    for one in sorted(filled.understood, key=lambda one: one.key == "measured.unit"):  # a unit without its speed would be dropped
        before = value_of(workload or work, asked, one.key)
        unsaid = before in (None, "", blank_of(one.key)) or (workload is None and not one.key.startswith("requirement."))
        if not unsaid and before != one.value:
            field = message(f"page_requirement.field.{one.key}")
            replaced.append(message("questionnaire.replaced", field=field, before=_told(before), after=_told(one.value)))
        work, requirement = with_value(work, requirement, one.key, one.value)
        if value_of(work, requirement, one.key) != one.value:
            replaced.append(message("questionnaire.unit_alone", text=one.text))
    return work, requirement, tuple(replaced)


def _key_of(cells: list[object]) -> str:
    """Return the key of a row: it stands in any cell but that of the answer."""
    for number, cell in enumerate(cells):
        if number != 1 and isinstance(cell, str) and (found := KEY.search(cell)):
            return found[0]
    return ""


def _written(cell: object) -> tuple[str, bool]:
    """Return the text of an answer and whether it was a number of a workbook."""
    if isinstance(cell, bool):
        return ("yes" if cell else "no"), False
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat(), False
    if isinstance(cell, float | int):
        return f"{cell:.15g}", True
    text = re.sub(r"[\u200b\ufeff\x00-\x08\x0b-\x1f]", "", str(cell or "")).strip()[:MOST_TEXT]
    return ("" if text in {say("choose", lang) for lang in LANGUAGES} else text), False


def _answer(place: str, key: str, text: str, *, is_number: bool) -> Answer:
    if key in PERCENT and is_number and 0 < float(text) <= 1:
        return Answer(place, key, text, fault=message("questionnaire.share_or_percent", text=text))
    found = _platform(key, text) if key == "run.platform" else _value(key, text)
    return Answer(place, key, text, fault=found.said) if isinstance(found, Fault) else Answer(place, key, text, found)


def _value(key: str, text: str) -> Value | Fault:
    if kind_of(key) in ("flag", "maybe"):
        word = text.casefold()
        if word in YES | {say("yes", lang).casefold() for lang in LANGUAGES}:
            return True
        if word in NO | {say("no", lang).casefold() for lang in LANGUAGES}:
            return False
        return Fault(key, message("questionnaire.yes_or_no", text=text))
    told = {choice_word(key, choice, lang).casefold(): choice for choice in choices_of(key) for lang in LANGUAGES}
    return typed_value(key, told.get(text.casefold(), text.lower()) if choices_of(key) else text)


def _platform(key: str, text: str) -> str | Fault:
    known = catalogue()
    match = known.match(text)
    if match.certainty in ("exact", "alias"):
        return match.platforms[0]
    by_label = [one.id for one in known.platforms if text in {one.label(lang) for lang in LANGUAGES}]
    if len(by_label) == 1:
        return by_label[0]
    near = list(match.platforms) or by_label
    return Fault(key, message("questionnaire.which_platform" if near else "questionnaire.no_platform", text=text, near=near))


def _told(value: Value) -> str:
    return "—" if value in (None, "") else ", ".join(value) if isinstance(value, tuple) else str(value)
