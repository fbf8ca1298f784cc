"""The kind of platform as `assess` and `select` tell it: before any product."""

from typing import TYPE_CHECKING

from app.engine.messages import render, term
from app.engine.model.kinds import MATCHED, WORDS

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
                **{name: getattr(one, name) for name in MATCHED},
            }
            for one in kind.matches
        ],
    }


def kind_lines(kind: "PlatformKind", lang: str, *, platform: str = "") -> list[str]:
    """Return the kind as lines: the scenario, an answer with its reasons for each question, how many platforms are of it.

    platform   whose match is told too, "" for none
    """
    lines = [f"{term('kinds.title', lang)}: {' · '.join(render(word, lang) for word in kind.scenario.words)}"]
    for one in kind.recommendations:
        strength = term(f"kinds.strength.{one.strength}", lang)
        lines.append(f"  {term(f'kinds.aspect.{one.aspect}', lang)}: {render(one.answer, lang)} ({strength})")
        lines += [f"      {render(said, lang)}" for said in one.said]
    lines.append(f"  {render(kind.counted, lang)}")
    own = next((one for one in kind.matches if one.platform == platform), None)
    if own is not None:
        answers = [f"{term(f'kinds.aspect.{name}', lang)} {term(f'kinds.match.{WORDS[getattr(own, name)]}', lang)}" for name in MATCHED]
        lines.append(f"  {platform}: {' · '.join(answers)}")
    return [*lines, ""]
