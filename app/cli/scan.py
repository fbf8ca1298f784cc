"""`suanxuan scan DIR`: what ties a customer's training source to a platform. The source is parsed, never imported and never run.

JSON: {"folder", "files", "lines", "skipped": {reason: files}, "unreadable": [{"file", "line" (0 = the whole file), "reason", "hint"}],
"findings": [{"file", "line" (the first), "kind", "what", "topic", "count"}], "left_out" (findings beyond those listed),
"packages": [{"package", "constraint", "file", "line", "imported" (files), "topic"}], "devices": [names that are written into the source],
"platforms": [{"platform", "family", "level": ok|warning|unknown, "summary", "findings": [{"topic", "name", "verdict":
runs|adapt|replace|write|unknown, "remedy", "effort", "inferred", "source", "count", "file", "line"}]}]}.
skipped: link huge binary installed special other too_deep too_many. A file "a.ipynb#3" is the third cell of a notebook.
Without --platform all platforms are judged.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli._frame import Command, Result, Words, stderr_progress, text_table
from app.engine.messages import message, render, render_remedy, term

if TYPE_CHECKING:
    from app.engine.model.platforms import Platform
    from app.engine.model.porting import Scan, ScanVerdict, TopicVerdict

_SHOWN = 20


def arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """Declare the folder and the platforms."""
    parser.add_argument("folder", type=Path, metavar="DIR", help=words("scan.folder"))
    parser.add_argument("--platform", nargs="+", default=[], metavar="ID", help=words("platforms_wanted"))


def run(options: argparse.Namespace) -> Result:
    """Read a folder of source and judge it for each platform."""
    from app.engine import known, porting

    catalogue = known.catalogue()
    chosen = [catalogue.platform(name) for name in options.platform] or list(catalogue.platforms)
    scan = porting.scan_source(options.folder, stderr_progress(options))
    verdicts = porting.judge_source(scan, chosen)
    named = bool(options.platform)
    return Result(_describe(scan, chosen, verdicts, options.lang), lambda: _text(scan, chosen, verdicts, options.lang, named=named))


def _describe(scan: "Scan", platforms: "list[Platform]", verdicts: "dict[str, ScanVerdict]", lang: str) -> dict:
    import msgspec

    unreadable = []
    for one in scan.unreadable:
        why = message(f"scan.unread.{one.why}", detail=one.detail)
        unreadable.append({"file": one.file, "line": one.line, "reason": render(why, lang), "hint": render_remedy(why, lang)})
    packages = [msgspec.to_builtins(one) for one in scan.packages]
    return {
        "folder": scan.folder,
        "files": scan.files,
        "lines": scan.lines,
        "skipped": scan.skipped,
        "unreadable": unreadable,
        "findings": [msgspec.to_builtins(one) for one in scan.findings],
        "left_out": scan.left_out,
        "packages": [{"package": one.pop("name"), **one} for one in packages],
        "devices": sorted({one.what for one in scan.findings if one.kind == "device"}),
        "platforms": [
            {
                "platform": platform.id,
                "family": platform.family,
                "level": verdicts[platform.id].level,
                "summary": render(verdicts[platform.id].summary, lang),
                "findings": [_describe_topic(one, lang) for one in verdicts[platform.id].topics],
            }
            for platform in platforms
        ],
    }


def _describe_topic(one: "TopicVerdict", lang: str) -> dict:
    from app.engine.model.porting import topic_message

    row = one.verdict
    return {
        "topic": one.topic,
        "name": render(topic_message(one.topic), lang),
        "verdict": one.word,
        "remedy": (row.instead_zh if lang == "zh" else row.instead_en) if row else None,
        "effort": row.effort or None if row else None,
        "inferred": one.inferred,
        "source": row.source if row else "",
        "count": sum(found.count for found in one.found),
        "file": one.found[0].file,
        "line": one.found[0].line,
    }


def _text(scan: "Scan", platforms: "list[Platform]", verdicts: "dict[str, ScanVerdict]", lang: str, *, named: bool) -> str:
    def words(code: str, **params: str | int) -> str:
        return render(message(f"cli.scan.{code}", **params), lang)

    lines = [words("read", files=scan.files, lines=scan.lines, folder=scan.folder)]
    skipped = [render(message(f"scan.skipped.{reason}", count=count), lang) for reason, count in scan.skipped.items() if reason != "other"]
    lines += [words("skipped", reasons="; ".join(skipped))] if skipped else []
    for one in scan.unreadable[:_SHOWN]:
        why = message(f"scan.unread.{one.why}", detail=one.detail)
        place = f"{one.file}:{one.line}" if one.line else one.file
        lines.append(f"{place}: {render(why, lang)} {render_remedy(why, lang)}".rstrip())
    heads = [words("place"), words("kind"), words("what"), words("count")]
    shown = sorted(scan.findings, key=lambda one: -one.count)[:_SHOWN]
    rows = [[f"{one.file}:{one.line}", term(f"scan.kind.{one.kind}", lang), one.what, one.count] for one in shown]
    lines += ["", text_table(heads, rows)] if rows else []
    hidden = len(scan.findings) - len(shown) + scan.left_out
    lines += [words("more", count=hidden)] if hidden else []
    if named:
        for platform in platforms:
            lines += ["", *_platform_lines(platform.id, verdicts[platform.id], lang)]
    else:
        families = {platform.family: verdicts[platform.id] for platform in platforms if platform.family}
        summary = [[name, term(f"assessing.level.{one.level}", lang), render(one.summary, lang)] for name, one in families.items()]
        lines += ["", text_table([words("family"), words("level"), words("summary")], summary)]
    return "\n".join(lines)


def _platform_lines(name: str, verdict: "ScanVerdict", lang: str) -> list[str]:
    from app.engine.model.porting import topic_message

    lines = [f"{name}: {term(f'assessing.level.{verdict.level}', lang)} · {render(verdict.summary, lang)}"]
    for one in verdict.topics:
        row = one.verdict
        instead = (row.instead_zh if lang == "zh" else row.instead_en) if row else "—"
        place = f"{one.found[0].file}:{one.found[0].line}"
        word = term(f"scan.verdict.{one.word}", lang) + (f" ({term('scan.inferred', lang)})" if one.inferred else "")
        lines.append(f"  {render(topic_message(one.topic), lang)} [{word}] {instead}  ({place}; {row.source if row else '—'})")
    return lines


COMMAND = Command("scan", arguments, run)
