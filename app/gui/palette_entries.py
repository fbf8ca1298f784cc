"""What the command palette lists: the window's verbs, pages, platforms, the operators and tracks of the run, recent files."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from app.engine import pipeline
from app.engine.messages import has_entry
from app.gui.look import Look
from app.gui.palette import Entry

if TYPE_CHECKING:
    from app.gui.main_window import MainWindow

HIDDEN = ("commands", "menu", "cancel")


def entries_of(window: "MainWindow", sections: Sequence[str]) -> list[Entry]:
    """Return the entries of these sections in this order."""
    return [entry for section in sections for entry in SECTIONS[section](window)]


def _commands(window: "MainWindow") -> Iterator[Entry]:
    other = Look("en" if window.look.lang == "zh" else "zh", window.look.theme_name)
    for verb in window.verbs:
        if not verb.code.startswith("gui.page.") and verb.can() and verb.name not in HIDDEN:
            yield Entry("command", window.look.say(verb.code), verb.act, (), verb.icon, verb.keys, other.say(verb.code))


def _pages(window: "MainWindow") -> Iterator[Entry]:
    other = Look("en" if window.look.lang == "zh" else "zh", window.look.theme_name)
    for verb in window.verbs:
        if verb.code.startswith("gui.page."):
            yield Entry("page", window.look.say(verb.code), verb.act, (), verb.icon, verb.keys, other.say(verb.code))


def _platforms(window: "MainWindow") -> Iterator[Entry]:
    for platform in pipeline.catalogue().platforms:
        other = platform.label("en" if window.look.lang == "zh" else "zh")
        yield Entry("platform", platform.label(window.look.lang), window.show_platform, (platform.id,), "cpu", "", f"{platform.id} {other}")


def _operators(window: "MainWindow") -> Iterator[Entry]:
    profile = window.session.project.profile
    find = window.find_on_page
    for one in profile.operators if profile else ():
        yield Entry("operator", one.name, find, ("profile", one.name), "layout-grid", f"{one.share * 100:.1f} %")


def _tracks(window: "MainWindow") -> Iterator[Entry]:
    trace = window.session.project.trace
    for metric in dict.fromkeys(one.metric for one in trace.series) if trace else ():
        code = f"proposing.metric.{metric}"
        word = window.look.say(code) if has_entry(code, window.look.lang) else metric
        yield Entry("track", word, window.find_on_page, ("profile", metric), "activity", "", metric)


def _recent(window: "MainWindow") -> Iterator[Entry]:
    for item in window.session.recent.items():
        if item.exists:
            yield Entry("recent", item.path.name, window.take_in, ((item.path,),), "file-text", "", str(item.path.parent))


SECTIONS: dict[str, Callable[["MainWindow"], Iterator[Entry]]] = {
    "page": _pages,
    "command": _commands,
    "platform": _platforms,
    "operator": _operators,
    "track": _tracks,
    "recent": _recent,
}
