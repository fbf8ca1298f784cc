"""What the user has chosen in the settings, checked on the way out: a settings file by another hand can hold anything."""

from pathlib import Path

from PySide6.QtCore import QLocale, QSettings, Qt
from PySide6.QtGui import QGuiApplication

from app.engine.paths import user_folder
from app.gui.look import Look

THEMES = ("system", "light", "dark")
LANGUAGES = ("system", "zh", "en")
SCALES = ("system", "1", "1.25", "1.5", "2")
AUTOSAVE_S = (10, 30, 60, 300)
KEYS = ("theme", "language", "scale", "autosave_s", "recovery_folder")


def stored_settings() -> QSettings:
    """Return the user's settings, in his own configuration folder."""
    return QSettings(str(user_folder("config") / "window.ini"), QSettings.Format.IniFormat)


class Preferences:
    """Typed access to the settings file; a value that is none of those offered counts as not chosen."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    @property
    def theme(self) -> str:
        """system, light or dark."""
        return self._one_of("theme", THEMES)

    @property
    def language(self) -> str:
        """system, zh or en."""
        return self._one_of("language", LANGUAGES)

    @property
    def scale(self) -> str:
        """The factor for QT_SCALE_FACTOR, or system."""
        return self._one_of("scale", SCALES)

    @property
    def autosave_s(self) -> int:
        """The longest time that an edit stays without a recovery file, s."""
        chosen = self._text("autosave_s")
        return int(chosen) if chosen in map(str, AUTOSAVE_S) else AUTOSAVE_S[1]

    @property
    def recovery_folder(self) -> Path:
        """Where recovery files lie: the folder chosen, or the user's own where that is gone."""
        chosen = self._text("recovery_folder")
        if chosen and Path(chosen).is_dir():
            return Path(chosen)
        return own_recovery_folder()

    def set(self, key: str, value: str) -> None:
        """Store a choice."""
        self._settings.setValue(key, value)

    def reset(self) -> None:
        """Take back every choice; the list of recent files is no choice and stays."""
        for key in KEYS:
            self._settings.remove(key)

    def _one_of(self, key: str, known: tuple[str, ...]) -> str:
        chosen = self._text(key)
        return chosen if chosen in known else known[0]

    def _text(self, key: str) -> str:
        value = self._settings.value(key)
        return value if isinstance(value, str) and "\0" not in value else ""


def own_recovery_folder() -> Path:
    """Return the folder of recovery files on this machine's own disk, never beside a customer's file."""
    folder = user_folder("state") / "recovery"
    folder.mkdir(exist_ok=True)
    return folder


def look_of(preferences: Preferences, system_language: str = "") -> Look:
    """Return the look that was chosen; where none was, the system's colours and language (the given one where it is known)."""
    language, theme = preferences.language, preferences.theme
    if language == "system":
        language = system_language or ("en" if QLocale.system().language() == QLocale.Language.English else "zh")
    return Look(language, system_theme() if theme == "system" else theme)


def system_theme() -> str:
    """Return light or dark, as the system is now."""
    return "dark" if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"
