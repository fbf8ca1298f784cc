"""Files of other programs that describe a run, one module per format: recognised by what they hold, never by their name.

To add one: a module whose SOURCE has a `slug`, `recognises(document)` (cheap, the document may be cut off) and `read(document)`, which
collects values by our keys in Facts and raises EngineError with file, line and remedy; name it here, the more specific one first.
"""

from pathlib import Path
from typing import Protocol

from app.engine.model.workloads import Workload
from app.engine.workload.sources import deepspeed, diffusers, hugging_face, llama_factory, megatron, vllm
from app.engine.workload.sources._document import Document

PARTIAL = frozenset({"hugging-face", "diffusers", "deepspeed"})
"""Formats that tell a part of a run: the model, or how it is sharded."""


class Source(Protocol):
    """One format."""

    slug: str

    def recognises(self, document: Document) -> bool:
        """Tell whether a document is of this format, by the names in it."""
        ...

    def read(self, document: Document) -> Workload:
        """Return what it says. Raises EngineError."""
        ...


SOURCES: tuple[Source, ...] = (
    deepspeed.SOURCE, llama_factory.SOURCE, megatron.SOURCE, vllm.SOURCE, diffusers.SOURCE, hugging_face.SOURCE,
)  # fmt: skip


def source_of(document: Document) -> Source | None:
    """Return the format of a document, None where it is none of these."""
    return next((source for source in SOURCES if source.recognises(document)), None)


def format_of(text: str) -> str:
    """Return the slug of the format that a text, or the beginning of one, is in; "" for none of these."""
    found = source_of(Document(Path(), text))
    return found.slug if found else ""


__all__ = ["PARTIAL", "SOURCES", "Document", "Source", "format_of", "source_of"]
