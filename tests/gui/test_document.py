"""The document of a window: the saved mark, leaving, locks, a file changed by others, autosave and recovery after a kill, crash reports."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog

from app.engine import pipeline
from app.engine.errors import Cancelled, EngineError
from app.engine.model.projects import changed, stale_stages
from app.engine.project_file import load_project, save_project
from app.gui.held_file import HeldElsewhere, hold_project
from app.gui.importing import Importing
from app.gui.look import Look
from app.gui.main_window import MainWindow
from app.gui.recovery import left_behind
from app.gui.session import Session
from app.gui.widgets import question

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def session(qtbot):
    made = Session()
    yield made
    made.close()


@pytest.fixture
def window(qtbot, tmp_path):
    made = MainWindow(Look("zh", "light"), QSettings(str(tmp_path / "look.ini"), QSettings.Format.IniFormat))
    made.show()
    yield made
    made.session.close()
    made.deleteLater()


@pytest.fixture(scope="module")
def small():
    """A project that computes in a moment."""
    return pipeline.new_project(pipeline.Inputs(pipeline.sample_inputs().run))


def idle(qtbot, session):
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=60000)


def answers(monkeypatch, *given):
    """Answer the next questions, and return what was asked."""
    asked, rest = [], list(given)

    def ask(_parent, _look, title, _text, choices, **_more):
        asked.append(title)
        answer = rest.pop(0)
        assert answer == "" or answer in [key for key, _ in choices]
        return answer

    monkeypatch.setattr(question, "ask", ask)
    return asked


def edited(session, name):
    session.edit("gui.did.requirement", name=name)


# The saved mark ---------------------------------------------------------------------------------------------------------------------


def test_undoing_back_to_the_saved_document_is_unmodified(qtbot, session, small, tmp_path):
    session.start_new(small)
    edited(session, "一")
    session.save(tmp_path / "p.sxp")
    idle(qtbot, session)
    assert not session.is_modified
    edited(session, "二")
    assert session.is_modified
    session.undo()
    assert not session.is_modified and session.project.name == "一"
    session.undo()
    assert session.is_modified
    session.redo()
    assert not session.is_modified
    session.redo()
    assert session.is_modified and session.project.name == "二"


def test_what_is_computed_after_a_save_is_no_change_of_the_users(qtbot, session, small, tmp_path):
    session.start_new(small)
    session.edit("gui.did.workload", workload=msgspec.structs.replace(small.workload, precision="fp32"))
    assert stale_stages(session.project)
    session.save(tmp_path / "p.sxp")
    idle(qtbot, session)
    assert not stale_stages(session.project) and not session.is_modified


def test_only_the_newest_edit_is_computed_and_undone_ones_when_they_return(qtbot, session, small):
    session.start_new(small)
    idle(qtbot, session)
    for precision in ("fp32", "fp16", "fp8"):
        session.edit("gui.did.workload", workload=msgspec.structs.replace(small.workload, precision=precision))
    assert sum(job.label == "gui.job.compute" for job in session.jobs.running) == 1
    idle(qtbot, session)
    assert session.project.workload.precision == "fp8" and not stale_stages(session.project)
    session.undo()
    idle(qtbot, session)
    assert session.project.workload.precision == "fp16" and not stale_stages(session.project)
    assert session.project.memory == pipeline.recompute(session.project).memory


# Reading ----------------------------------------------------------------------------------------------------------------------------


def test_what_is_read_lands_on_the_document_as_it_is_by_then(qtbot, session):
    Importing(session, None).take_in([pipeline.sample_inputs().run, *pipeline.sample_inputs().traces[:1]])
    edited(session, "其间改名")
    idle(qtbot, session)
    assert session.project.name == "其间改名" and session.project.trace is not None and session.project.workload is not None
    session.undo()
    assert session.project.trace is None and session.project.name == "其间改名"


def test_a_reading_process_that_is_killed_is_a_message_and_the_next_reading_works(qtbot, session):
    told = []
    session.failed.connect(told.append)
    session.reader.warm_up()
    victim = session.reader._process

    def die(_share, _doing):
        os.kill(victim.pid, signal.SIGKILL) if victim.is_alive() else None

    with pytest.raises(EngineError) as caught:
        session.reader.read(pipeline.sample_inputs().traces, die)
    assert caught.value.message.code == "reading.worker_died"
    Importing(session, None).take_in(list(pipeline.sample_inputs().traces[:1]))
    idle(qtbot, session)
    assert session.project.trace is not None and not told


def test_a_cancelled_reading_starts_the_next_process_at_once(session):
    def cancel(_share, _doing):
        raise Cancelled

    with pytest.raises(Cancelled):
        session.reader.read(pipeline.sample_inputs().traces, cancel)
    assert session.reader._process.is_alive()


# Leaving ----------------------------------------------------------------------------------------------------------------------------


def test_closing_offers_to_save_and_closes_when_that_is_done(qtbot, window, small, tmp_path, monkeypatch):
    save_project(small, tmp_path / "p.sxp")
    window.session.open(tmp_path / "p.sxp")
    idle(qtbot, window.session)
    edited(window.session, "改过")
    asked = answers(monkeypatch, "stay", "save")
    window.close()
    assert window.isVisible() and "p" in asked[0]
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=20000)
    assert load_project(tmp_path / "p.sxp").name == "改过"
    assert not list((tmp_path / "home" / "state").rglob("*.sxp"))


def test_a_save_that_fails_leaves_the_window_open_and_the_project_whole(qtbot, window, small, tmp_path, monkeypatch):
    folder = tmp_path / "gone"
    folder.mkdir()
    window.session.start_new(small)
    window.session.save(folder / "p.sxp")
    idle(qtbot, window.session)
    (folder / "p.sxp").unlink()
    folder.rmdir()
    edited(window.session, "还在")
    answers(monkeypatch, "save")
    window.close()
    qtbot.waitUntil(lambda: bool(window.errors.cards()), timeout=20000)
    assert window.isVisible() and window.session.is_modified and window.session.project.name == "还在"


def test_a_new_document_after_discarding(window, small, monkeypatch):
    window.session.start_new(small)
    edited(window.session, "不要了")
    answers(monkeypatch, "", "discard")
    window.document.new()
    assert window.session.project.name == "不要了"
    window.document.new()
    assert window.session.project.name == "" and not window.session.is_modified


# Two windows ------------------------------------------------------------------------------------------------------------------------


def test_a_second_window_on_the_same_file_is_noticed(qtbot, window, session, small, tmp_path, monkeypatch):
    path = tmp_path / "p.sxp"
    save_project(small, path)
    session.open(path)
    idle(qtbot, session)
    asked = answers(monkeypatch, "cancel", "read")
    window.session.open(tmp_path / "." / "p.sxp")
    idle(qtbot, window.session)
    assert len(asked) == 1 and window.session.path is None
    window.session.open(path)
    idle(qtbot, window.session)
    assert window.session.is_read_only and window.session.project.name == small.name

    edited(window.session, "另一份")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "q v1.2"), ""))
    window.document.save()
    idle(qtbot, window.session)
    assert load_project(tmp_path / "q v1.2.sxp").name == "另一份" and load_project(path).name == small.name
    assert not window.session.is_read_only

    failed = []
    window.session.failed.connect(failed.append)
    window.session.save(path)
    idle(qtbot, window.session)
    assert failed[0].message.code == "document.open_elsewhere"


def test_the_hold_ends_with_the_document(qtbot, session, small, tmp_path):
    path = tmp_path / "p.sxp"
    save_project(small, path)
    session.open(path)
    idle(qtbot, session)
    with pytest.raises(HeldElsewhere) as held:
        hold_project(path)
    assert held.value.told["pid"] == os.getpid()
    session.start_new()
    lock = hold_project(path)
    assert lock is not None
    lock.release()
    assert not list(lock.path.parent.iterdir()) and [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["p.sxp"]


def test_a_file_that_someone_else_has_written_is_not_overwritten_unasked(qtbot, window, small, tmp_path, monkeypatch):
    path = tmp_path / "p.sxp"
    save_project(small, path)
    window.session.open(path)
    idle(qtbot, window.session)
    save_project(changed(small, name="别人的"), path)
    edited(window.session, "我的")
    asked = answers(monkeypatch, "cancel", "over")
    window.document.save()
    idle(qtbot, window.session)
    assert asked and load_project(path).name == "别人的" and window.session.is_modified
    window.document.save()
    idle(qtbot, window.session)
    assert load_project(path).name == "我的" and not window.session.is_modified
    edited(window.session, "又改")
    window.document.save()
    idle(qtbot, window.session)
    assert len(asked) == 2 and load_project(path).name == "又改"


# Autosave and recovery --------------------------------------------------------------------------------------------------------------

VICTIM = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings
from app.gui.application import make_application
from app.gui.look import Look
from app.gui.main_window import MainWindow
app = make_application()
window = MainWindow(Look("zh", "light"), QSettings(sys.argv[2], QSettings.Format.IniFormat))
window.show()
session = window.session
session.open(Path(sys.argv[1]))
while session.path is None or session.jobs.running:
    app.processEvents()
session.edit("gui.did.requirement", name="断电前的修改")
session.autosave.write()
while session.autosave.written_at is None:
    app.processEvents()
print("saved", flush=True)
app.exec()
"""


def killed_window(path, home, tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(path), str(tmp_path / "victim.ini")],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "SUANXUAN_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
    )
    assert child.stdout is not None and child.stdout.readline().strip() == b"saved"
    return child


def test_what_a_killed_window_had_is_offered_and_comes_back_modified(qtbot, window, home, small, tmp_path):
    path = tmp_path / "某项目.sxp"
    save_project(small, path)
    child = killed_window(path, home, tmp_path)
    folder = home / "state" / "recovery"
    assert left_behind([folder]) == []  # its window lives
    child.send_signal(signal.SIGKILL)
    child.wait()

    window.document.offer_recovery()
    qtbot.waitUntil(lambda: window.document.recovery is not None, timeout=10000)
    (file,) = window.document.recovery.lines
    assert file.origin == path and file.written_at is not None
    window.document.recovery.reject()  # later: it is offered again
    window.document.recovery = None
    window.document.offer_recovery()
    qtbot.waitUntil(lambda: window.document.recovery is not None, timeout=10000)
    (file,) = window.document.recovery.lines
    window.document.recovery.take(file)
    idle(qtbot, window.session)
    assert window.session.project.name == "断电前的修改" and window.session.is_modified and window.session.path == path
    assert load_project(path).name == small.name

    window.document.save()
    idle(qtbot, window.session)
    assert load_project(path).name == "断电前的修改" and not list(folder.iterdir())


def test_a_discarded_recovery_is_gone(home, small, tmp_path):
    path = tmp_path / "p.sxp"
    save_project(small, path)
    child = killed_window(path, home, tmp_path)
    child.send_signal(signal.SIGKILL)
    child.wait()
    (file,) = left_behind([home / "state" / "recovery"])
    assert left_behind([home / "state" / "recovery"]) == []  # offered to one window only
    file.discard()
    assert not list((home / "state" / "recovery").iterdir())


def test_an_edit_is_saved_by_itself_and_an_undo_takes_the_file_away(qtbot, session, small, home, monkeypatch):
    monkeypatch.setattr("app.gui.recovery.LONGEST_IDLE_S", 0.05)
    session.start_new(small)
    edited(session, "一")
    qtbot.waitUntil(lambda: session.autosave.written_at is not None, timeout=10000)
    (file,) = (home / "state" / "recovery").glob("*.sxp")
    assert load_project(file).name == "一"
    edited(session, "二")
    qtbot.waitUntil(lambda: load_project(file).name == "二", timeout=10000)
    session.undo()
    session.undo()
    idle(qtbot, session)
    assert not session.is_modified and not list(file.parent.iterdir())


def test_a_recovery_folder_that_cannot_be_written_is_told_once(qtbot, session, small, home, monkeypatch):
    monkeypatch.setattr("app.gui.recovery.LONGEST_IDLE_S", 0.01)
    failed = []
    session.failed.connect(failed.append)
    session.start_new(small)
    idle(qtbot, session)
    session.preferences.recovery_folder.rmdir()
    (home / "state" / "recovery").touch()
    monkeypatch.setattr(type(session.preferences), "recovery_folder", home / "state" / "recovery")
    for name in ("一", "二"):
        edited(session, name)
        qtbot.wait(60)
        idle(qtbot, session)
    assert [error.message.code for error in failed] == ["document.no_recovery"] and session.project.name == "二"


def test_autosave_does_not_wait_for_ever_while_the_user_types(qtbot, session, small, monkeypatch):
    monkeypatch.setattr("app.gui.recovery.LONGEST_IDLE_S", 0.2)
    monkeypatch.setattr(type(session.preferences), "autosave_s", 0.6)
    session.start_new(small)
    end = time.monotonic() + 10
    number = 0
    while session.autosave.written_at is None and time.monotonic() < end:
        number += 1
        edited(session, str(number))
        qtbot.wait(50)
    assert session.autosave.written_at is not None


# Crash reports ----------------------------------------------------------------------------------------------------------------------


def reports(home):
    return sorted((home / "state" / "crashes").glob("crash-*.txt"))


def fail_with(secret):
    raise ValueError(secret)


def test_a_defect_in_a_job_is_told_once_and_the_report_holds_no_data(qtbot, window, home, small, monkeypatch, tmp_path):
    from app.gui.crash import Crashes

    crashes = Crashes(window)
    monkeypatch.setattr(sys, "excepthook", crashes.on_exception)
    window.session.start_new(small)
    edited(window.session, "机密项目")
    secret = f"{tmp_path}/某某大学/budget=3000000"
    for _ in range(3):
        window.session.jobs.start("gui.job.read", lambda _progress: fail_with(secret), lambda _nothing: None)
        idle(qtbot, window.session)
    qtbot.waitUntil(lambda: crashes.dialog is not None, timeout=5000)
    qtbot.waitUntil(lambda: window.session.autosave.written_at is not None, timeout=10000)
    (report,) = reports(home)
    text = report.read_text("utf-8")
    assert "ValueError" in text and "fail_with" in text and "SuanXuan" in text
    assert not any(word in text for word in ("某某大学", "budget", "机密", str(tmp_path), str(Path.home()) + "/"))
    assert crashes.dialog.report == text
    crashes.dialog.reject()


def test_a_defect_in_the_reading_process_has_its_places(qtbot, session, tmp_path):
    from app.gui.crash_report import described
    from app.gui.reading_worker import ReadingDefect

    path = tmp_path / "log.csv"
    path.write_text("time,gpu_util\n1,2\n", encoding="utf-8")
    with pytest.raises(ReadingDefect) as caught:
        session.reader.read([path], lambda _share, _doing: None, (object(),))
    lines = described(caught.value)
    assert "TypeError" in lines[0] and any("app/gui/reading_worker.py" in line and "_serve" in line for line in lines)
    assert session.reader._process.is_alive()


def test_at_most_twenty_reports_are_kept(home):
    from app.gui.crash_report import MOST_REPORTS, write_report

    for number in range(MOST_REPORTS + 4):
        write_report(f"Error {number}")
    assert len(reports(home)) == MOST_REPORTS and f"Error {MOST_REPORTS + 3}" in reports(home)[-1].read_text("utf-8")


# Settings ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "[General]\ntheme=@Variant(\\0\\0\\0\\x7f)\nlanguage=@ByteArray(x)\nautosave_s=-1\nscale=nan\nrecovery_folder=@Invalid()\nrecent={",
        "\x00\x01[[[",
        "[General]\ntheme=dark, light\nlanguage=" + "z" * 10000 + "\nrecovery_folder=/no/such/folder\nrecent=[[1]]",
    ],
)
def test_a_hostile_settings_file_is_as_good_as_none(qtbot, tmp_path, content):
    (tmp_path / "bad.ini").write_text(content)
    made = MainWindow(Look("zh", "light"), QSettings(str(tmp_path / "bad.ini"), QSettings.Format.IniFormat))
    choices = made.session.preferences
    assert (choices.theme, choices.language, choices.scale, choices.autosave_s) == ("system", "system", "system", 30)
    assert choices.recovery_folder.is_dir() and made.session.recent.items() == []
    made.session.close()
    made.deleteLater()
    assert json.dumps(choices.theme)
