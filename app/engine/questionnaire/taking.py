"""A form into a project: what is understood is taken over, and all else is said."""

from pathlib import Path

from app.engine.errors import EngineError
from app.engine.messages import Message, message
from app.engine.model.projects import Project, changed
from app.engine.questionnaire.answers import Answer, applied, read_questionnaire
from app.engine.workload import KEYS


def with_questionnaire(project: Project, path: Path, said: list[Message], problems: list[EngineError]) -> Project:
    """Return the project with the answers in it.

    said        gets what was understood and what was written over; problems: what is not understood, cell by cell, in one
    Raises EngineError for a file that holds no answers, is no form, or may do harm.
    """
    filled = read_questionnaire(path)
    if not filled.answers:
        raise EngineError("questionnaire.no_answer", file=filled.file)
    workload, requirement, replaced = applied(project.workload, project.requirement, filled)
    if filled.understood:
        keys = [_field(one) for one in filled.understood]
        said.append(message("intake.told.answered", count=len(keys), keys=keys))
    if replaced:
        said.append(message("intake.told.replaced", changes=list(replaced)))
    says_run = any(not one.key.startswith("requirement.") for one in filled.understood)
    made = changed(project, requirement=requirement, workload=workload if says_run or project.workload else None)
    if not filled.faults:
        return made
    first = [message("questionnaire.place", place=one.place, field=_field(one), text=one.text, what=one.fault) for one in filled.faults]
    problems.append(EngineError("questionnaire.not_understood", file=filled.file, count=len(first), first=first))
    return made


def _field(answer: Answer) -> Message | str:
    """Return the name of the field that an answer is for; the key itself where it is none of ours."""
    return message(f"page_requirement.field.{answer.key}") if answer.key in KEYS else answer.key
