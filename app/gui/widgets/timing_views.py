"""Saved views: a stretch with what is folded and pinned, under a name, to come back to."""

from typing import TYPE_CHECKING

from msgspec import Struct
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from app.gui.theme import icon

if TYPE_CHECKING:
    from app.gui.widgets.timing import TimingView


class SavedView(Struct, frozen=True):
    """One view: its stretch and region, the keys of the rows and groups that are folded and of those that are pinned."""

    name: str
    start_s: float
    end_s: float
    region_s: tuple[float, float] | None
    folded: tuple[str, ...]
    pinned: tuple[str, ...]


def view_now(view: "TimingView", name: str) -> SavedView:
    """Return what is seen now."""
    scene, line = view.scene, view.timeline
    folded = [row.key for row in scene.rows if row.is_folded]
    pinned = [row.key for row in scene.rows if row.is_pinned]
    if scene.lanes is not None:
        folded += [group.key for group in scene.lanes.groups if group.is_folded]
        pinned += sorted(scene.lanes.pinned)
    return SavedView(name, line.start_s, line.end_s, line.region_s, tuple(folded), tuple(pinned))


def save_view(view: "TimingView", name: str) -> None:
    """Keep what is seen under a name; a view of that name is replaced."""
    kept = [one for one in view.scene.views if one.name != name]
    view.scene.views = (*kept, view_now(view, name))


def go_to(view: "TimingView", saved: SavedView) -> None:
    """Show a saved view again."""
    scene = view.scene
    for row in scene.rows:
        row.is_folded, row.is_pinned = row.key in saved.folded, row.key in saved.pinned
    if scene.lanes is not None:
        for group in scene.lanes.groups:
            group.is_folded = group.key in saved.folded
        known = {lane.key for group in scene.lanes.groups for lane in group.lanes}
        scene.lanes.pinned = known & set(saved.pinned)
    view.show_rows()
    view.timeline.choose(saved.region_s)
    view.timeline.show(saved.start_s, saved.end_s)


def forget(view: "TimingView", saved: SavedView) -> None:
    """Delete a saved view."""
    view.scene.views = tuple(one for one in view.scene.views if one is not saved)


def views_menu(view: "TimingView", parent: QWidget) -> QMenu:
    """Return the menu: save what is seen, go to a view, delete one."""
    say, theme = view.look.say, view.look.theme
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction(icon("bookmark", theme.text2), say("page_lanes.views.save"), lambda: ask_and_save(view, parent))
    if view.scene.views:
        menu.addSeparator()
        for saved in view.scene.views:
            menu.addAction(saved.name, lambda saved=saved: go_to(view, saved))
        menu.addSeparator()
        delete = menu.addMenu(icon("trash-2", theme.text2), say("page_lanes.views.delete"))
        for saved in view.scene.views:
            delete.addAction(saved.name, lambda saved=saved: forget(view, saved))
    return menu


def ask_and_save(view: "TimingView", parent: QWidget) -> None:
    """Ask for a name and save what is seen."""
    say = view.look.say
    default = say("page_lanes.views.default", number=len(view.scene.views) + 1)
    name, agreed = QInputDialog.getText(parent, say("page_lanes.views.save"), say("page_lanes.views.name"), text=default)
    if agreed and name.strip():
        save_view(view, name.strip())
