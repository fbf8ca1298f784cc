"""Model names as people and lists write them, taken apart so that "Meta-Llama-3.1-8B-Instruct" meets "LLaMA(2/3/3.1)".

A name is a line (llama, qwen), its generations (3.1, v3, r1), what sets a model of the line apart (vl, coder, distill) and its size.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from app.engine.model.platforms import ModelSupport

_SPELLINGS = (
    (r"stable[- ]diffusion[- ]?xl|sdxl", "stablediffusion xl"),
    (r"stable[- ]diffusion", "stablediffusion"),
    (r"\bsd ?(?=\d)", "stablediffusion "),
    (r"gpt[- ]oss", "gptoss"),
    (r"code[- ]?llama", "codellama"),
    (r"(\d)\(\.(\d)\)", r"\1/\1.\2"),
    (r"系列|训练|推理|微调|预训练|大模型", " "),
)
APART = frozenset(
    (
        "vl", "coder", "math", "audio", "omni", "embedding", "reranker", "reward", "rm", "moe", "vision", "video", "distill", "next", "asr",
        "tts", "mini", "flash", "ocr", "image", "edit", "prover", "turbo", "thinking", "linear", "guard", "v", "xl",
    )
)  # fmt: skip
"""Words that make another model of the same line; all other words beside the line are taken for training stages and formats."""
_NO_LINES = frozenset(
    (
        "the", "hf", "fp", "int", "bf", "on", "for", "and", "of", "in", "to", "chat", "base", "meta", "google", "nvidia", "pytorch",
        "openai", "part", "point", "pix", "network", "speech", "mask", "basic", "background", "attention", "second", "self", "simple",
        "small",
        "super", "soft", "faster", "efficient", "graph", "res", "adv", "step", "pretraining", "convolutional", "cascade", "stable",
        "transformer",
    )
)  # fmt: skip
"""Words that stand first in some list and begin no model's name in a customer's words."""
_TOKEN = re.compile(
    r"a\d+(?:\.\d+)?b(?![a-z])|\d+x\d+(?:\.\d+)?b?|\d+(?:\.\d+)?[bm](?![a-z])|r1(?!\d)|\d+(?:\.\d+)*k(?![a-z])|\d+(?:\.\d+)*|[a-z]+"
)
_MOST_LETTERS = 300


SIZE_TOLERANCE = 0.05
"""7 and 7.1 billion are one size."""


class ModelName(NamedTuple):
    """A name taken apart. sizes: in billions; a range where spans."""

    lines: frozenset[str]
    versions: frozenset[str]
    apart: frozenset[str]
    sizes: tuple[float, ...]
    spans: bool


@cache
def name_of(text: str) -> ModelName:
    """Return what a model's name says. Lines are all of its words; which of them are lines is known to the lists alone."""
    low = text.lower()[:_MOST_LETTERS].replace("_", "-")
    for pattern, plain in _SPELLINGS:
        low = re.sub(pattern, plain, low)
    words: list[str] = []
    versions: set[str] = set()
    sizes: list[float] = []
    for token in _TOKEN.findall(low):
        if re.fullmatch(r"a\d+(?:\.\d+)?b", token):
            words.append("moe")
        elif re.fullmatch(r"\d+x\d+(?:\.\d+)?b?", token):
            versions.add(token.rstrip("b"))
        elif token[0].isdigit() and token[-1] in "bm":
            sizes.append(float(token[:-1]) / (1 if token[-1] == "b" else 1000))
        elif token[0].isdigit() or token == "r1":
            plain = re.sub(r"^0+(?=\d)|(?<=\d)\.0$", "", token)
            if len(plain) < 4:  # noqa: PLR2004 - longer ones are days: 0324, 2507
                versions.add(plain)
        else:
            words.append(token)
    apart = {word for word in words if word in APART}
    if re.search(r"(?:^|[^a-z])(?:minicpm|glm)?[-\d. ]*\d?v(?![a-z\d])", low) and not re.search(r"v\d", low):
        apart |= {"v"}
    lines = {word for word in words if word not in APART and word not in _NO_LINES}
    spans = len(sizes) > 1 and re.search(r"\d[bm]?\s*[-~]\s*\d", low) is not None
    return ModelName(frozenset(lines), frozenset(versions), frozenset(apart), tuple(sizes), spans)


class Match(NamedTuple):
    """A row that lists the model. distance: 0 with its size, 1 without any size, 2 in other sizes only."""

    row: ModelSupport
    distance: int

    @property
    def exact(self) -> bool:
        """Whether the list does not speak of other sizes only."""
        return self.distance < 2  # noqa: PLR2004


@lru_cache(maxsize=4)
def index_of(models: tuple[ModelSupport, ...]) -> dict[str, tuple[tuple[ModelSupport, ModelName], ...]]:
    """Return the rows by family with their names taken apart; done once, since rows compare by identity."""
    found: dict[str, list[tuple[ModelSupport, ModelName]]] = {}
    for row in models:
        found.setdefault(row.family, []).append((row, name_of(row.model)))
    return {family: tuple(rows) for family, rows in found.items()}


@lru_cache(maxsize=64)
def rows_of(models: tuple[ModelSupport, ...], family: str, tasks: tuple[str, ...]) -> tuple[tuple[ModelSupport, ModelName], ...]:
    """Return the rows of a family for these tasks."""
    return tuple(pair for pair in index_of(models).get(family, ()) if pair[0].task in tasks)


@lru_cache(maxsize=4)
def lines_of(models: tuple[ModelSupport, ...]) -> frozenset[str]:
    """Return every line that a list names first: the words that can begin a model's name."""
    first = (re.search(r"[a-z]{2,}", re.sub(r"[_]", "-", _plain(row.model))) for row in models)
    return frozenset(found[0] for found in first if found and found[0] not in APART | _NO_LINES) | {
        "llama",
        "gpt",
        "mixtral",
        "unet",
        "dit",
    }


@cache
def _plain(text: str) -> str:
    low = text.lower()
    for pattern, plain in _SPELLINGS:
        low = re.sub(pattern, plain, low)
    return low


@lru_cache(maxsize=64)
def wanted_name(texts: tuple[str, ...], models: tuple[ModelSupport, ...]) -> ModelName | None:
    """Return the model that a run description names: the first of its texts that holds a known line; None where none does.

    The line is the first of its words that is one; what was distilled has two, of the teacher and of the student.
    """
    known = lines_of(models)
    for text in texts:
        found = name_of(text)
        if lines := found.lines & known:
            first = min(lines, key=_plain(text).find)
            return found._replace(lines=lines if "distill" in found.apart else frozenset({first}))
    return None


@lru_cache(maxsize=64)
def matches(wanted: ModelName, rows: tuple[tuple[ModelSupport, ModelName], ...]) -> tuple[Match, ...]:
    """Return the rows that list a model: its line, its generation where it tells one, and what sets it apart."""
    found = []
    for row, listed in rows:
        if not wanted.lines <= listed.lines or wanted.apart != listed.apart:
            continue
        if wanted.versions and not wanted.versions & listed.versions:
            continue
        found.append(Match(row, _distance(wanted, listed)))
    return tuple(found)


def _distance(wanted: ModelName, listed: ModelName) -> int:
    if not wanted.sizes or not listed.sizes:
        return 1
    size = wanted.sizes[0]
    if listed.spans:
        return 0 if min(listed.sizes) <= size <= max(listed.sizes) else 2
    return 0 if any(abs(size - one) <= SIZE_TOLERANCE * one for one in listed.sizes) else 2
