"""A customer's training source in, what ties it to a platform out. Source is parsed, never imported and never run.

To look for something else, add a row in platform_db/source_rules.csv; what becomes of it on a family stands in library_support.csv.
"""

from app.engine.scanning.judging import judge_scan
from app.engine.scanning.scan import scan_folder
from app.engine.scanning.walking import looks_like_source

__all__ = ["judge_scan", "looks_like_source", "scan_folder"]
