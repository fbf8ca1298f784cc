"""Qt's own words (file dialogs where the desktop has none, the menu of a text field) in the language of the window."""

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QTranslator

QT_NAMES = {"zh": "qtbase_zh_CN"}
"""Qt speaks English by itself."""

_installed: list[QTranslator] = []


def speak(lang: str) -> None:
    """Make Qt speak `lang` ("zh" or "en") from now on; English where Qt's translation is not installed."""
    while _installed:
        QCoreApplication.removeTranslator(_installed.pop())
    translator = QTranslator()
    if lang in QT_NAMES and translator.load(QT_NAMES[lang], QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        QCoreApplication.installTranslator(translator)
        _installed.append(translator)
