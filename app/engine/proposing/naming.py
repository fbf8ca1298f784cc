"""Names of the documents as they go to the customer: 客户_项目_V1.2_日期, such that every file system takes them."""

import datetime
import re
import unicodedata

from app.engine.model.projects import Project

MOST_BYTES = 180
"""Of a name without its suffix; 255 are the limit, and a file is written under a longer temporary name first."""
MOST_PART_BYTES = 72
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\s_]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def document_name(project: Project, today: datetime.date) -> str:
    """Return the name without a suffix; a part that is not known is left out."""
    settings = project.settings
    work = project.workload.name if project.workload else project.name
    day = (settings.date or today).isoformat()
    parts = [name_part(text) for text in (project.requirement.customer, work, settings.version, day)]
    name = cut("_".join(part for part in parts if part), MOST_BYTES)
    return f"-{name}" if _RESERVED.fullmatch(name) else name


def name_part(text: str) -> str:
    """Return a text without what a file name cannot hold on Windows, macOS or Linux."""
    shown = "".join(
        letter if unicodedata.category(letter)[0] != "C" else " " for letter in unicodedata.normalize("NFC", text)
    )  # surrogates, controls, marks that turn the direction
    return cut(_FORBIDDEN.sub("-", shown).strip("-. "), MOST_PART_BYTES)


def cut(text: str, most_bytes: int) -> str:
    """Return as much of a text as this many bytes hold, no letter halved."""
    return text.encode()[:most_bytes].decode(errors="ignore").rstrip("-. ")
