"""What the finds of a scan mean on a platform family: each topic by the most particular row of library_support.csv."""

from app.engine.messages import Message, message
from app.engine.model.assessments import Level
from app.engine.model.porting import VERDICTS, Porting, Scan, ScanVerdict, TopicVerdict

INFERRED = ("hip-port", "cuda-compatible")


def judge_scan(scan: Scan, family: str, strategy: str, porting: Porting) -> ScanVerdict:
    """Return every topic with its verdict, the most work first, and what that means for the whole.

    ok: all runs as it is; warning: something must be adapted, replaced or written; unknown: nothing is known of the family, or of all else
    """
    topics = []
    for topic, found in scan.topics().items():
        row = porting.verdict(topic, family, strategy) if family else None
        inferred = row is not None and row.family in INFERRED and row.verdict != "unknown"
        topics.append(TopicVerdict(topic, found, row, inferred))
    topics.sort(key=lambda one: ("write", "replace", "adapt", "unknown", "runs").index(one.word))
    counts = {word: sum(one.word == word for one in topics) for word in VERDICTS}
    level: Level = "warning" if any(counts[word] for word in ("adapt", "replace", "write")) else "unknown" if counts["unknown"] else "ok"
    return ScanVerdict(level if topics else "ok", _summary(counts), tuple(topics))


def _summary(counts: dict[str, int]) -> Message:
    parts = [message(f"scan.count.{word}", count=count) for word, count in counts.items() if count]
    return message("scan.summary", parts=parts) if parts else message("scan.nothing")
