"""What is asked, in which order, with which words; the form itself is written by form_xlsx and form_docx."""

from pathlib import Path

from msgspec import Struct

from app.engine.documents import writing
from app.engine.errors import EngineError
from app.engine.messages import Message, has_entry, render
from app.engine.paths import replacing
from app.engine.workload import PERCENT, SUGGESTIONS, choices_of, kind_of

GROUPS: dict[str, str] = {
    "customer": "requirement: customer industry scale_cards storage_tb deliver_by duration_days work budget currency domestic_only",
    "criteria": "requirement: tokens_per_s ttft_ms tpot_ms utilisation concurrency linearity fault_tolerance recovery_min",
    "application": "workload: name task precision os cpu_arch framework engine driver toolkit python optimised",
    "model": "model: family parameters layers hidden heads kv_heads intermediate vocab max_positions experts experts_per_token",
    "run": "run: platform gpus nodes seq_len micro_batch global_batch tensor_parallel pipeline_parallel expert_parallel zero_stage "
           "optimizer recompute concurrency input_len output_len",
    "node": "node: cpu memory_gib disk_gbs nics nic_gbps",
    "measured": "measured: speed unit",
}  # fmt: skip
"""Group -> TABLE: its keys."""
QUESTIONS = tuple(
    (group, f"{table}.{name}") for group, listed in GROUPS.items() for table, names in [listed.split(": ")] for name in names.split()
)
SUFFIXES = (".xlsx", ".docx")


class Question(Struct, frozen=True):
    """One line of the form. choices: words to choose from; is_bound: nothing else is understood."""

    key: str
    group: str
    text: str
    unit: str
    hint: str
    choices: tuple[str, ...]
    is_bound: bool


def questions(lang: str) -> tuple[Question, ...]:
    """Return the lines of the form in one language."""
    return tuple(_question(group, key, lang) for group, key in QUESTIONS)


def say(code: str, lang: str) -> str:
    """Return a word of the area `questionnaire`."""
    return render(Message(f"questionnaire.{code}"), lang)


def choice_word(key: str, choice: str, lang: str) -> str:
    """Return how a form says one of the words that a key is bound to."""
    code = f"page_requirement.choice.{key.partition('.')[2]}.{choice}"
    return render(Message(code), lang) if has_entry(code, lang) else choice


def _question(group: str, key: str, lang: str) -> Question:
    unit = f"page_requirement.unit.{key}"
    shown = "%" if key in PERCENT else render(Message(unit), lang) if has_entry(unit, lang) else ""
    kind = kind_of(key)
    flags = (say("yes", lang), say("no", lang)) if kind in ("flag", "maybe") else ()
    choices = tuple(choice_word(key, word, lang) for word in choices_of(key)) or flags or SUGGESTIONS.get(key, ())
    hint = f"questionnaire.hint.{key}"
    told = render(Message(hint), lang) if has_entry(hint, lang) else say(f"kind.{'free' if kind == 'text' else kind}", lang)
    return Question(
        key, group, render(Message(f"page_requirement.field.{key}"), lang), shown, told, choices, bool(choices_of(key) or flags)
    )


def write_questionnaire(path: Path, lang: str) -> None:
    """Write the empty form, .xlsx or .docx by its name. Raises EngineError for another name and where it cannot be written."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise EngineError("questionnaire.bad_suffix", file=path.name)
    with writing(path), replacing(path) as temporary:
        if path.suffix.lower() == ".xlsx":
            from app.engine.questionnaire.form_xlsx import write
        else:
            from app.engine.questionnaire.form_docx import write
        write(temporary, questions(lang), lang)
