"""Explains one prediction of the open project in a window of its own; worked out in the background when asked for."""

from PySide6.QtWidgets import QWidget

from app.engine import explaining
from app.engine.model.explanations import Explanation
from app.gui.look import Look
from app.gui.session import Session
from app.gui.widgets.explanation import ExplanationDialog


def show_explanation(session: Session, platform: str, gpus: int | None, look: Look, parent: QWidget) -> None:
    """Open the explanation of a platform's prediction at a card count; nothing where there is no number."""
    project = session.project
    found = next((one for one in project.predictions if (one.platform, one.gpus) == (platform, gpus) and one.value is not None), None)
    if found is None or gpus is None:
        return

    def done(told: object) -> None:
        if isinstance(told, Explanation) and project is session.project:
            ExplanationDialog(told, found, look, parent).open()

    session.jobs.start("explanations.head.working", lambda _progress: explaining.explain_project(project, platform, gpus), done)
