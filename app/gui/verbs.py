"""Verbs: what a window can do, once each; shortcuts, menu, command palette and the list of keys are all made from them."""

from collections.abc import Callable, Iterable

from msgspec import Struct
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.gui.look import Look
from app.gui.theme import icon

MENUS = ("file", "edit", "view", "tools", "help")
KEYS_APART = " / "
Entry = tuple[str, Callable[[], object]]


def always() -> bool:
    """Say that a verb can be done at any time."""
    return True


class Verb(Struct, frozen=True):
    """One action.

    code     its text in the catalogue; the last word is its name
    keys     its shortcuts, several with " / " between
    menu     the menu that it stands in, "" for none; `below` a submenu of it; `rule` draws a line above it
    can      whether it can be done now
    """

    code: str
    keys: str
    act: Callable[[], object]
    icon: str = ""
    menu: str = ""
    below: str = ""
    rule: bool = False
    can: Callable[[], bool] = always

    @property
    def name(self) -> str:
        """The name by which pages ask for it."""
        return self.code.rpartition(".")[2]


def action_of(verb: Verb, parent: QWidget) -> QAction:
    """Return the shortcut of a verb. It asks `can` when it is pressed, so it never lags behind."""
    made = QAction(parent)
    made.setObjectName(verb.name)
    made.setShortcuts([QKeySequence(keys) for keys in verb.keys.split(KEYS_APART) if keys])
    made.triggered.connect(lambda _checked=False: verb.act() if verb.can() else None)
    return made


def build_menu(verbs: Iterable[Verb], look: Look, parent: QWidget, recent: Callable[[], Iterable[Entry]]) -> QMenu:
    """Return the menu of a window; what can be done now is asked each time that it opens."""
    menu = QMenu(parent)
    menus = {name: _submenu(menu, look.say(f"intake.menus.{name}")) for name in MENUS}
    for verb in verbs:
        if not verb.menu:
            continue
        place = menus[verb.menu]
        if verb.below:
            key = f"{verb.menu}.{verb.below}"
            if key not in menus:
                menus[key] = _submenu(place, look.say(f"intake.menus.{verb.below}"))
            place = menus[key]
        if verb.rule:
            place.addSeparator()
        _add(place, verb, look)
        if verb.name == "sample":
            submenu = _submenu(place, look.say("intake.menus.recent"))
            submenu.aboutToShow.connect(lambda submenu=submenu: _fill(submenu, recent(), look))
    return menu


def _submenu(menu: QMenu, title: str) -> QMenu:
    made = QMenu(title, menu)
    menu.addMenu(made)
    return made


def _add(menu: QMenu, verb: Verb, look: Look) -> None:
    item = menu.addAction(look.say(verb.code))
    if verb.icon:
        item.setIcon(icon(verb.icon, look.theme.text2, look.theme.disabled))
    first = verb.keys.partition(KEYS_APART)[0]
    if first:  # told, not bound: the window's own action holds the shortcut
        item.setText(f"{item.text()}\t{QKeySequence(first).toString(QKeySequence.SequenceFormat.NativeText)}")
    item.triggered.connect(lambda _checked=False: verb.act())
    menu.aboutToShow.connect(lambda: item.setEnabled(verb.can()))


def _fill(menu: QMenu, entries: Iterable[Entry], look: Look) -> None:
    menu.clear()
    for text, act in entries:
        menu.addAction(text).triggered.connect(lambda _checked=False, act=act: act())
    if menu.isEmpty():
        menu.addAction(look.say("intake.no_recent")).setEnabled(False)
