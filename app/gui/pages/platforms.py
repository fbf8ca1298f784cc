"""平台库: what is known of every platform, up to six side by side; each figure with source, date and confidence on hover."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from app.engine import known, pipeline, platform_base
from app.engine.errors import EngineError
from app.engine.messages import message
from app.engine.model.layers import FactChange
from app.gui.page import Page
from app.gui.theme.tokens import BODY_PX
from app.gui.widgets import facts
from app.gui.widgets.basics import Card, boxed, button, label, row
from app.gui.widgets.fact_dialog import FactDialog
from app.gui.widgets.fact_history import FactHistory
from app.gui.widgets.level_filter import chip_button
from app.gui.widgets.machine_rows import machine_rows
from app.gui.widgets.platform_filter import PlatformFilter
from app.gui.widgets.platform_panel import MOST_COMPARED, PlatformPanel
from app.gui.widgets.platform_table import PlatformTable


class PlatformsPage(Page):
    """The platform base."""

    key, icon = "platforms", "database"

    def about(self) -> str:
        platforms = pipeline.catalogue_of(self.project).platforms
        vendors = {one.vendor_en for one in platforms}
        newest = max((facts.as_of(one) for one in platforms), default="")
        return self.look.say("page_platforms.about", count=len(platforms), vendors=len(vendors), date=newest or "—")

    def actions(self) -> Sequence[QPushButton]:
        say, theme = self.look.say, self.look.theme
        copy = button(say("gui.copy_table"), theme, lambda: self.table.copy(), symbol="copy")
        if not known.site_data().changes:
            return (copy,)
        back = button(say("page_platforms.undo_site"), theme, self.undo_site, symbol="undo-2")
        last = known.site_data().changes[-1]
        name, fact = self.look.product(last.platform), facts.fact_name(self.look, last.key)
        back.setToolTip(say("page_platforms.undo_site_tip", platform=name, fact=fact))
        return (back, copy)

    def content(self) -> QWidget:
        say, theme = self.look.say, self.look.theme
        self._catalogue = pipeline.catalogue_of(self.project)
        self._platforms = self._catalogue.platforms
        self._by_id = {one.id: one for one in self._platforms}
        self._compared: tuple[str, ...] = ()
        self._is_choosing = False
        self.filter = PlatformFilter(self._platforms, self.look)
        self.filter.changed.connect(self._filter)
        self.grouped = chip_button(say("page_platforms.grouped"))
        self.grouped.setChecked(True)
        self.grouped.toggled.connect(lambda _on: self._fill())
        self._nothing = boxed(
            row(
                label(say("page_platforms.nothing_found"), BODY_PX, tone="2"),
                button(say("page_platforms.clear"), theme, self.filter.clear, symbol="x"),
                None,
            )
        )
        self._nothing.setContentsMargins(16, 16, 16, 16)
        self._card = Card(say("gui.card.platforms"), " ", padding=1)
        self._card.tools.addWidget(self.grouped)
        self._card.tools.addWidget(self.filter.find)
        self._card.body.setSpacing(0)
        self._card.body.addWidget(self.filter)
        self._card.body.addWidget(self._nothing)
        self.panel = PlatformPanel(self.look, date.today())
        self.panel.edit.connect(self.edit_fact)
        self.panel.history.connect(self.show_history)
        self.panel.take_back.connect(self.take_back)
        self._table_in_card: PlatformTable | None = None
        self._fill()
        line = row(self._card, self.panel, spacing=12)
        line.setStretch(0, 2)
        line.setStretch(1, 1)
        return boxed(line)

    def refresh(self, *, force: bool = False) -> None:
        """Build what has changed, and select what was chosen elsewhere."""
        changed = hasattr(self, "_catalogue") and self._catalogue is not pipeline.catalogue_of(self.project)
        kept = self.filter.state() if changed else None
        super().refresh(force=force or changed)
        if kept is not None:
            self.filter.restore(kept)
        if self.session.compared_platforms != self._compared:
            self._choose(self.session.compared_platforms)

    # A fact ------------------------------------------------------------------------------------------------------------------------

    def edit_fact(self, key: str) -> None:
        """Ask how a fact of the platform in detail is to be said, and keep it for the project or the site."""
        dialog = FactDialog(self._by_id[self._compared[0]], key, self.look, date.today(), self)
        if dialog.exec():
            self.keep(dialog.change, dialog.layer)

    def keep(self, change: FactChange, layer: str) -> None:
        """Keep a changed fact: in the project as a step that undo takes back, in the site with its own undo."""
        try:
            if layer == "project":
                self.session.replace("page_platforms.did.fact", platform_base.change_in_project(self.project, change))
            else:
                platform_base.change_in_site(change)
                self._site_changed("page_platforms.told.site", change.key)
        except EngineError as error:
            self.session.failed.emit(error)
            return
        self.panel.choose_fact(change.key)

    def take_back(self, key: str) -> None:
        """Take the last change of a fact back, in the layer that says it now."""
        one = self._by_id[self._compared[0]]
        layer = one.facts[key].layer
        try:
            if layer == "project":
                self.session.replace("page_platforms.did.take_back", platform_base.undone_in_project(self.project, one.id, key))
            elif layer == "site":
                platform_base.undo_in_site(one.id, key)
                self._site_changed("page_platforms.told.taken_back", key)
        except EngineError as error:
            self.session.failed.emit(error)
            return
        self.panel.choose_fact(key)

    def undo_site(self) -> None:
        """Take back what the site changed last."""
        try:
            last = platform_base.undo_last_in_site()
        except EngineError as error:
            self.session.failed.emit(error)
            return
        if last is not None:
            self._site_changed("page_platforms.told.taken_back", last.key)

    def show_history(self, key: str) -> None:
        """Show who said what of a fact."""
        FactHistory(self._by_id[self._compared[0]], key, self.look, self).show()

    def _site_changed(self, code: str, key: str) -> None:
        self.refresh(force=True)
        self.session.recompute()
        self.session.told.emit(message(code, fact=facts.fact_name(self.look, key)), False)

    # The table ----------------------------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Make the table anew, by vendor or as one list, with what was selected."""
        say = self.look.say
        if self._table_in_card is not None:
            self._table_in_card.hide()
            self._table_in_card.deleteLater()
        self.table = self._table_in_card = PlatformTable(self._platforms, self.look, date.today(), grouped=self.grouped.isChecked())
        self.table.offer(say("page_platforms.copy_rows"), "copy", self.table.copy_row)
        self.table.offer(say("page_platforms.only_this"), "info", self._only_current)
        self.table.opened.connect(lambda _row: self._only_current())
        self._card.body.insertWidget(1, self.table, 1)
        self._filter()
        self._choose(self._compared or self.session.compared_platforms or (self.session.chosen_platform,))
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._take_selection())

    def _filter(self) -> None:
        """Show what matches; what is compared stays so, in sight or not."""
        rows = [place for place, one in enumerate(self.table.shown) if one is not None and self.filter.matches(one)]
        self._is_choosing = True
        self.table.keep(rows)
        self.table.choose(self._compared)
        self._is_choosing = False
        self.table.setVisible(bool(rows))
        self._nothing.setVisible(not rows)
        self._card.hint.setText(self.look.say("page_platforms.shown", shown=len(rows), count=len(self._platforms)))

    def _only_current(self) -> None:
        one = self.table.shown[self.table.current_row()]
        if one is not None:
            self._choose((one.id,))

    # The choice ---------------------------------------------------------------------------------------------------------------------

    def _choose(self, ids: Sequence[str]) -> None:
        """Show these platforms, the first one where none of them is known."""
        known = [name for name in ids if name in self._by_id] or [one.id for one in self._platforms[:1]]
        self._is_choosing = True
        self.table.choose(known)
        self._is_choosing = False
        self._show(known)

    def _take_selection(self) -> None:
        """Follow the selection: those chosen first stay first; Ctrl and Shift keep those that a filter hides."""
        chosen = self.table.chosen()
        if self._is_choosing or not chosen:
            return
        keys = QGuiApplication.keyboardModifiers()
        adds = keys & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        hidden = set(self._by_id) - self.table.ids_in_sight() if adds else set()
        kept = [name for name in self._compared if name in chosen or name in hidden]
        self._show([*kept, *(name for name in chosen if name not in kept)])

    def _show(self, ids: Sequence[str]) -> None:
        self._compared = tuple(ids[:MOST_COMPARED])
        self.session.compared_platforms = self._compared
        servers = self._catalogue.servers_of(self._compared[0]) if len(self._compared) == 1 else ()
        clusters = [one for one in self._catalogue.clusters if one.node in {server.id for server in servers}]
        machines = machine_rows(servers, clusters, self.look)
        self.panel.show_platforms([self._by_id[name] for name in self._compared], machines, left_out=len(ids) - len(self._compared))
