"""The kind of platform as `assess` and `select` tell it: before any product."""

from typing import TYPE_CHECKING

from app.engine.messages import message, render, term

if TYPE_CHECKING:
    from app.engine.model.kinds import PlatformKind


def describe_kind(kind: "PlatformKind", lang: str) -> dict:
    """Return the `kind` object of a JSON document."""
    scenario = kind.scenario
    figures = ("need", "low", "high", "supply", "unit", "gain", "gain_low", "gain_high")
    return {
        "scenario": {
            "phase": scenario.phase,
            "large_model": scenario.large,
            "optimised": scenario.optimised,
            "reasons": [render(said, lang) for said in scenario.reasons],
        },
        "recommendations": [
            {
                "aspect": one.aspect,
                "verdict": one.verdict or None,
                "strength": one.strength,
                **{name: getattr(one, name) for name in figures},
                "kind": one.kind if one.verdict else None,
                "missing": list(one.missing),
                "reasons": [render(said, lang) for said in one.reasons],
            }
            for one in kind.recommendations
        ],
        "fitting": list(kind.fitting),
        "platforms": [
            {
                "platform": one.platform,
                "fits": one.fits,
                **{name: getattr(one, name) for name in ("vram", "memory", "link", "precision")},
            }
            for one in kind.matches
        ],
    }


def kind_lines(kind: "PlatformKind", lang: str, *, platform: str = "") -> list[str]:
    """Return the kind as lines: the scenario, an answer with its reasons for each question, how many platforms are of it.

    platform   whose match is told too, "" for none
    """
    lines = [f"{term('kinds.title', lang)}: {' · '.join(scenario_words(kind, lang))}"]
    for one in kind.recommendations:
        aspect = term(f"kinds.aspect.{one.aspect}", lang)
        lines.append(f"  {aspect}: {answer(one.aspect, one.verdict, lang)} ({term(f'kinds.strength.{one.strength}', lang)})")
        lines += [f"      {render(said, lang)}" for said in one.reasons]
        lines += [f"      → {render(message('kinds.match.missing', keys=one.missing), lang)}"] if one.missing else []
    unknown = sum(one.fits is None for one in kind.matches)
    lines.append(f"  {render(message('kinds.match.count', fitting=len(kind.fitting), all=len(kind.matches), unknown=unknown), lang)}")
    own = next((one for one in kind.matches if one.platform == platform), None)
    if own is not None:
        words = {True: "yes", False: "no", None: "unknown"}
        answers = [f"{term(f'kinds.aspect.{name}', lang)} {term(f'kinds.match.{words[getattr(own, name)]}', lang)}" for name in MATCHED]
        lines.append(f"  {platform}: {' · '.join(answers)}")
    return [*lines, ""]


MATCHED = ("vram", "memory", "link", "precision")


def scenario_words(kind: "PlatformKind", lang: str) -> list[str]:
    """Return the scenario in words: training, large model, before optimisation."""
    one = kind.scenario
    words = [term(f"kinds.phase.{one.phase}", lang)]
    if one.phase != "hpc":
        words.append(term("kinds.size.unknown" if one.large is None else f"kinds.size.{'large' if one.large else 'small'}", lang))
    return [*words, term(f"kinds.state.{'after' if one.optimised else 'before'}", lang)]


def answer(aspect: str, verdict: str, lang: str) -> str:
    """Return the answer to one question in words."""
    return verdict.upper() if aspect == "precision" and verdict else term(f"kinds.verdict.{verdict or 'unknown'}", lang)
