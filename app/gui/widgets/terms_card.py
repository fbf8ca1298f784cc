"""公式各项: k as tiles, the terms of comparable platforms as bars, and one sentence that explains the chosen platform."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from app.engine import pipeline
from app.engine.evaluation import told_of
from app.engine.messages import message
from app.engine.model.corrections_said import anchor_said, rate_said, rate_said_short, software_said
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun
from app.engine.model.shares_said import origin_said
from app.engine.paraselect import SideBySide, TermsRow, compute_rate, side_by_side
from app.gui.figures import short_name
from app.gui.look import Look
from app.gui.theme.tokens import SMALL_PX
from app.gui.widgets.basics import Card, button, clear, kind_chip, label, picture, row, tool
from app.gui.widgets.clipboard import copy_picture
from app.gui.widgets.explanation import number_line
from app.gui.widgets.formula import FormulaBars, FormulaRow, k_tiles
from app.gui.widgets.interval_bands import why_unpredicted

TERMS = ("compute", "memory", "host", "fabric")
AREA = "page_prediction.terms"
RATE_NOTES = ("paraselect.rate_effective", "paraselect.rate_peak")


class TermsCard(Card):
    """Shows the terms around one platform; act gets the platform of a bar that is clicked, explain the one whose grounds are asked for."""

    def __init__(self, look: Look, act: Callable[[str], object], explain: Callable[[str], object]) -> None:
        super().__init__(look.say(f"{AREA}.title"), look.say(f"{AREA}.hint"))
        self._look = look
        self._names = [look.say(f"{AREA}.{name}") for name in TERMS]
        self._kind = row()
        self.tools.addLayout(self._kind)
        self.tools.addWidget(tool("copy", look.say("page_prediction.copy_picture"), look.theme, lambda: copy_picture(self)))
        self._platform = ""
        self.why = button(look.say("explanations.head.open"), look.theme, lambda: explain(self._platform), symbol="info")
        self.why.setToolTip(look.say("explanations.head.open_tip"))
        self._tiles = QVBoxLayout()
        self.body.addLayout(self._tiles)
        self.origin = label("", SMALL_PX, tone="2", wrap=True, select=True)
        self.body.addWidget(self.origin)
        self.bars = FormulaBars(look, look.say(f"{AREA}.title"))
        self.bars.chosen.connect(act)
        self.body.addWidget(self.bars, 1)
        self.rates = label("", SMALL_PX, tone="2", wrap=True, select=True)
        self.body.addWidget(self.rates)
        self.sentence = label("", SMALL_PX, tone="2", wrap=True, select=True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        line = row(picture("info", look.theme.text2, 14))
        line.setAlignment(line.itemAt(0).widget(), Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.sentence, 1)
        self.body.addLayout(line)
        self.body.addLayout(row(self.why, None))  # the head has no room for it in a narrow window

    def show_platform(self, runs: Sequence[MeasuredRun], predictions: Sequence[Prediction], gpus: int | None, platform: str) -> None:
        """Show what is comparable with this platform at this count of cards; "" for the reference."""
        found = side_by_side(runs, predictions, gpus, platform)
        own = next((one for one in predictions if (one.platform, one.gpus) == (platform, gpus)), None)
        self._platform = platform
        self.why.setEnabled(own is not None and own.value is not None)
        clear(self._tiles)
        shares = next((one.shares for one in (own, *predictions) if one is not None and one.shares is not None and one.k == found.k), None)
        self._tiles.addWidget(k_tiles(found.k, self._names, self._k_tips(found), self._look, shares))
        self.origin.setVisible(shares is not None)
        self.origin.setText(self._look.tell(message("paraselect.k_from", origin=origin_said(shares))) if shares is not None else "")
        clear(self._kind)
        kind = next((one.kind for one in predictions if one.k == found.k and one.kind), None) if found.k else None
        if kind:
            self._kind.addWidget(kind_chip(kind, self._look.say(f"paraselect.kind.{kind}"), self._look.theme))
        self.bars.show_rows([FormulaRow(short_name(one.platform, self._look), one, self._tip(one)) for one in found.rows], platform)
        self.bars.setVisible(found.k is not None)
        self._show_rates(own)
        self.sentence.setText(self._explained(found, own, platform))

    def _show_rates(self, own: Prediction | None) -> None:
        """Show TFLOPS' and bandwidth that the learned model stands for, beside the data sheet, and what software decides of it."""
        tell, rate = self._look.tell, own.corrected if own is not None else None
        self.rates.setVisible(rate is not None)
        if own is None or rate is None:
            return
        lines = [tell(rate_said_short(rate)), *([tell(software_said(own.software))] if own.software else [])]
        self.rates.setText("\n".join(lines))
        self.rates.setToolTip("\n".join((tell(rate_said(rate)), tell(anchor_said(rate)))))

    def _k_tips(self, found: SideBySide) -> list[str]:
        say = self._look.say
        if found.k is None:
            return [say(f"{AREA}.no_k")] * len(TERMS)
        pairs = enumerate(zip(found.k, self._names, strict=True), 1)
        return [say(f"{AREA}.{'k_tip' if value else 'k_zero'}", number=number, name=name) for number, (value, name) in pairs]

    def _terms(self, row_: TermsRow) -> list[str]:
        say, number = self._look.say, self._look.number
        return [
            say(f"{AREA}.term", name=name, value=number(value, 2)) for name, value in zip(self._names, row_.terms, strict=False) if value
        ]

    def _tip(self, row_: TermsRow) -> str:
        total = self._look.say(f"{AREA}.sum", total=self._look.number(row_.total, 2))
        return "\n".join((short_name(row_.platform, self._look), *self._terms(row_), total))

    def _explained(self, found: SideBySide, own: Prediction | None, platform: str) -> str:
        say, look = self._look.say, self._look
        name, bar = short_name(platform, look), next((one for one in found.rows if one.platform == platform), None)
        if not platform:
            return say(f"{AREA}.choose")
        if own is not None and own.value is None:
            return say(f"{AREA}.not_predicted", name=name, why=why_unpredicted(platform, own.notes[0] if own.notes else None, look))
        if own is not None and own.terms and bar is not None:
            joined = ("、" if look.lang == "zh" else ", ").join(self._terms(bar))
            total, reference = look.number(bar.total, 2), short_name(found.reference, look)
            parts = [say(f"{AREA}.explain", name=name, reference=reference, total=total, terms=joined), self._rate(own)]
            if own.out_of_range:  # the reason and the band, and no point that could be read off
                parts = [number_line(own, look) + ("。" if look.lang == "zh" else ".")]
            notes = own.notes[1:] if own.out_of_range else own.notes
            parts += [look.tell(note) + ("。" if look.lang == "zh" else ".") for note in notes if note.code not in RATE_NOTES]
            parts.append(self._standing(own))
            return ("" if look.lang == "zh" else " ").join(part for part in parts if part)
        told = say(f"{AREA}.is_reference", name=name) if bar is not None and bar.is_reference else ""
        if own is None:
            return told or say(f"{AREA}.measured", name=name)
        scaled = say(f"{AREA}.scaled", name=name, why=look.tell(own.notes[0] if own.notes else None))
        return " ".join(part for part in (told, scaled, "" if found.k else say(f"{AREA}.no_k"), self._standing(own)) if part)

    def _standing(self, own: Prediction) -> str:
        """Say what held-out predictions of this kind were worth."""
        standing = told_of(own)
        return self._look.tell(standing) + ("。" if self._look.lang == "zh" else ".") if standing is not None else ""

    def _rate(self, own: Prediction) -> str:
        rate = compute_rate(own, pipeline.platforms_by_id()[own.platform])
        if rate is None or not isinstance(rate[1].value, float):
            return ""
        key, fact = rate
        kind = "rate_effective" if key.startswith("achieved") else "rate_peak"
        return self._look.say(f"{AREA}.{kind}", value=self._look.figure(float(rate[1].value), 4), unit=fact.unit, date=fact.as_of)
