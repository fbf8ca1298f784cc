"""The requirement questionnaire (需求调研表): a form for the customer; filled in and given back it fills the run description.

A question is a key of the run description; the key stands in the form, so that rows may be moved, added or left out.
"""

from app.engine.questionnaire.answers import Answer, Filled, applied, read_questionnaire
from app.engine.questionnaire.package import is_questionnaire
from app.engine.questionnaire.questions import QUESTIONS, SUFFIXES, write_questionnaire
from app.engine.questionnaire.taking import with_questionnaire

__all__ = [
    "QUESTIONS",
    "SUFFIXES",
    "Answer",
    "Filled",
    "applied",
    "is_questionnaire",
    "read_questionnaire",
    "with_questionnaire",
    "write_questionnaire",
]
