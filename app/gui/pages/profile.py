"""运行特征: the timing of a run over its operators; at the right what holds it back and its radar; another run laid over it."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QInputDialog, QPushButton, QSplitter, QWidget

from app.engine import pipeline
from app.engine.messages import message
from app.gui.align_dialog import AlignDialog
from app.gui.page import Page
from app.gui.pages.profile_cluster import cluster_card
from app.gui.pages.profile_compared import compared_card
from app.gui.pages.profile_conclusion import conclusion_card
from app.gui.pages.profile_operators import OperatorsCard
from app.gui.pages.profile_radar import radar_card
from app.gui.pages.profile_runs import Act, runs_line
from app.gui.pages.profile_time import dependence_card, time_card
from app.gui.pages.profile_timing import TimingCard
from app.gui.widgets.basics import boxed, button, row
from app.gui.widgets.side import SideColumn

SIDE_PX, GAP_PX, SPLIT, OFFSET_DECIMALS = 392, 12, "profile.split", 6
TIMING_SHARE, LEAST_BELOW_PX = 0.58, 190


class ProfilePage(Page):
    """Page 2: what kind of load this is."""

    key, icon, stage = "profile", "activity", "profile"
    shows = ("trace", "profile", "comparison", "comparison_profile")

    def has_content(self) -> bool:
        return self.project.trace is not None

    def about(self) -> str:
        return "" if self.project.trace else self.look.say("gui.about.profile")

    def actions(self) -> Sequence[QPushButton]:
        say, theme = self.look.say, self.look.theme
        choose = button(say("gui.import"), theme, lambda: self.wanted.emit("choose"), symbol="upload")
        report = button(say("gui.profile_report"), theme, self._report, symbol="file-text")
        report.setEnabled(self.project.profile is not None)
        return (choose, report, self.next_button("assessment"))

    def _head(self) -> QWidget:
        head, trace = super()._head(), self.project.trace
        line = head.layout()
        if trace is not None and isinstance(line, QBoxLayout):
            line.insertWidget(1, runs_line(trace, self.project.comparison, self.look, self._run_acts()))
        return head

    def _run_acts(self) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
        compare: Act = ("git-compare", "page_profile.import_comparison", self.choose_comparison)
        first: tuple[Act, ...] = (("upload", "gui.import", lambda: self.wanted.emit("choose")), compare)
        if self.project.trace is not None and len(self.project.trace.alignments) > 1:
            first = (*first, ("git-merge", "align.open", self.align))
        swap: Act = ("arrow-left-right", "page_profile.swap", self.swap)
        clear: Act = ("x", "page_profile.clear_comparison", self.clear_comparison)
        shift: Act = ("sliders-horizontal", "page_lanes.offset.ask", self.ask_offset)
        return ((*first, swap) if self.project.comparison else first), (compare, swap, shift, clear)

    def content(self) -> QWidget:
        profile, other = self.project.profile, self.project.comparison_profile if self.project.comparison else None
        card = TimingCard(self.session, self.look)
        self.timing = card.view
        split = Divided(self.session.kept, self.look.say("page_profile.drag_divider"))
        split.addWidget(card)
        if profile is not None and profile.operators:
            self.operators = OperatorsCard(profile, self.look)
            split.addWidget(self.operators)
            self._link(self.operators)
        line = row(split, spacing=GAP_PX)
        line.setStretch(0, 1)
        if profile is not None:
            say = self.look.say
            cards = [(say("gui.card.bottleneck"), conclusion_card(profile, other, self.look))]
            if other is not None:
                compared = compared_card(pipeline.compare_runs(profile, other), self.look)
                cards.insert(0, (say("page_profile.compared.title"), compared))
            time = time_card(profile, self.look)
            if time is not None:
                cards.append((say("page_profile.time.title"), time))
            cards.append((say("gui.card.radar"), radar_card(profile, other, self.look, self.session.failed.emit)))
            cluster = cluster_card(profile, self.look)
            if cluster is not None:
                cards.append((say("page_profile.cluster.title"), cluster))
            dependence = dependence_card(profile, self.look)
            if dependence is not None:
                cards.append((say("page_profile.dependence.title"), dependence))
            line.addWidget(SideColumn(cards, SIDE_PX))
        return boxed(line)

    def _link(self, operators: OperatorsCard) -> None:
        """Select the same operator in the lanes and in the table."""
        lanes = self.timing.scene.lanes if self.timing is not None else None
        if lanes is not None:
            operators.chosen.connect(lambda name: lanes.mark(name) if name != lanes.marked else None)
            self.timing.operator_picked.connect(operators.choose)  # type: ignore[union-attr]
            operators.choose(lanes.marked)

    # Verbs -------------------------------------------------------------------------------------------------------------------------

    def choose_comparison(self) -> None:
        """Ask for the files of another run and lay it over this one."""
        names, _ = QFileDialog.getOpenFileNames(self, self.look.say("page_profile.import_comparison"))
        if names:
            self.session.take_in_comparison([Path(name) for name in names])

    def align(self) -> None:
        """Show where the files of the run lie on its time axis, and merge them anew with the offsets that are typed."""
        trace, paths = self.project.trace, self.session.run_files
        if trace is not None:
            dialog = AlignDialog(trace, self.look, self, can_read=bool(paths) and all(path.exists() for path in paths))
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.accepted.connect(lambda: self.session.realign(dialog.offsets_ns()))
            dialog.open()

    def swap(self) -> None:
        """Make the comparison run the one that is characterised, and the other way round."""
        project = self.project
        if project.comparison is not None:
            self.session.edit("page_profile.did.swap", trace=project.comparison, comparison=project.trace)

    def ask_offset(self) -> None:
        """Ask how far the comparison run is to be shifted, for who cannot drag it."""
        if self.timing is None:
            return
        line, say = self.timing.timeline, self.look.say
        most = line.duration_s
        title, field = say("page_lanes.offset.ask"), say("page_lanes.offset.field")
        offset_s, agreed = QInputDialog.getDouble(self, title, field, line.offset_s, -most, most, OFFSET_DECIMALS)
        if agreed:
            line.shift(offset_s)

    def clear_comparison(self) -> None:
        """Take the comparison run away."""
        self.session.edit("page_profile.did.clear", comparison=None)

    def _report(self) -> None:
        trace, profile = self.project.trace, self.project.profile
        name, _ = QFileDialog.getSaveFileName(self, self.look.say("gui.profile_report"), "profile.pdf", "PDF (*.pdf)")
        if name and trace and profile:
            workload, lang = self.project.workload, self.look.lang
            self.session.jobs.start(
                "gui.job.write",
                lambda _progress: pipeline.write_profile_report(trace, profile, workload, Path(name), lang),
                lambda _pages: self.session.told.emit(message("gui.told.written", name=Path(name).name), False),
            )


class Divided(QSplitter):
    """Two sections, the upper as high as it needs and the lower with the rest, until the user drags the divider; then as he left it."""

    def __init__(self, kept: dict[str, object], tip: str) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._kept, self._tip = kept, tip
        self.setHandleWidth(GAP_PX)
        self.setChildrenCollapsible(False)
        self.splitterMoved.connect(self._on_moved)

    def _on_moved(self) -> None:
        self._kept[SPLIT] = self.sizes()[0] / max(1, sum(self.sizes()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.count() < 2:
            return
        self.handle(1).setToolTip(self._tip)
        share, height = self._kept.get(SPLIT), self.height() - GAP_PX
        wanted = share * height if isinstance(share, float) else max(self.widget(0).sizeHint().height(), TIMING_SHARE * height)
        upper = round(min(wanted, height - LEAST_BELOW_PX))
        self.setSizes([upper, height - upper])
