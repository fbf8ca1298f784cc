"""What tests of pages share: a page of a started project, shown as in the window."""

import pytest

from app.gui.look import Look
from app.gui.session import Session


@pytest.fixture
def shown(qtbot):
    """Return a function that shows a page of a project; the sessions are closed at the end."""
    made = []

    def build(page_class, project, lang="zh", width=1256):
        session = Session()
        session.start_new(project)
        qtbot.waitUntil(lambda: not session.jobs.running, timeout=60000)
        page = page_class(session, Look(lang, "light"))
        page.resize(width, 800)
        qtbot.addWidget(page)
        page.refresh()
        page.show()
        made.append(session)
        return page

    yield build
    for session in made:
        session.close()
