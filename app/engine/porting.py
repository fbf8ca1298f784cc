"""What a port takes beside the assessment itself: a customer's source, read and judged, and the operators one by one."""

from collections.abc import Iterable
from pathlib import Path

from app.engine.known import knowledge
from app.engine.model.assessments import OperatorVerdict
from app.engine.model.platforms import Platform
from app.engine.model.porting import Scan, ScanVerdict
from app.engine.model.projects import Project
from app.engine.progress import Progress, no_progress


def scan_source(folder: Path, progress: Progress = no_progress) -> Scan:
    """Read a folder of training source; nothing of it is run. Raises EngineError for what is no folder or cannot be opened."""
    from app.engine.scanning import scan_folder

    return scan_folder(folder, knowledge().porting, progress)


def is_source(paths: Iterable[Path]) -> bool:
    """Tell whether what was dropped is one folder of program source."""
    from app.engine.scanning import looks_like_source

    listed = list(paths)
    return len(listed) == 1 and listed[0].is_dir() and looks_like_source(listed[0])


def judge_source(scan: Scan, platforms: Iterable[Platform]) -> dict[str, ScanVerdict]:
    """Return what a scan means on each platform, by its id; platforms of one family share one verdict."""
    from app.engine.scanning import judge_scan

    known, by_family, found = knowledge(), {}, {}
    for platform in platforms:
        family = platform.family
        if family not in by_family:
            facts = known.families.get(family)
            by_family[family] = judge_scan(scan, family, facts.compat_strategy if facts else "", known.porting)
        found[platform.id] = by_family[family]
    return found


def operators_of(project: Project, platform: Platform) -> tuple[OperatorVerdict, ...]:
    """Return the operators of a project's run on one platform, () without a run description."""
    from app.engine.assessing import operator_table

    if project.workload is None:
        return ()
    return operator_table(project.workload, platform=platform, profile=project.profile, knowledge=knowledge())
