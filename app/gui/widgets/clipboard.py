"""Copying what is shown: as a picture, as text."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget


def copy_picture(widget: QWidget) -> None:
    """Put a picture of a widget on the clipboard."""
    QGuiApplication.clipboard().setPixmap(widget.grab())


def copy_text(text: str) -> None:
    """Put a text on the clipboard."""
    QGuiApplication.clipboard().setText(text)
