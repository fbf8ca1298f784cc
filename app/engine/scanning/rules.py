"""The rules of source_rules.csv, made ready to be asked a hundred thousand times."""

import re
from functools import lru_cache

from app.engine.model.porting import Porting, SourceRule

LONGEST_TEXT = 80
_SUFFIX = re.compile(r"(?:[-_](?:gpu|cuda\d*\w*|cu\d+\w*|rocm\w*))+$")


class Rules:
    """Rules by the way in which they match; what was asked once is remembered."""

    def __init__(self, porting: Porting) -> None:
        of = {match: [rule for rule in porting.rules if rule.match == match] for match in {rule.match for rule in porting.rules}}
        self.methods = {rule.pattern: rule for rule in of.get("method", [])}
        self.text = [(re.compile(rule.pattern), rule) for rule in of.get("text", [])]
        self._names = {rule.pattern: rule for rule in of.get("name", [])}
        self._imports = {rule.pattern: rule for rule in of.get("import", [])}
        self._strings = [(re.compile(rule.pattern), rule) for rule in of.get("string", [])]
        self._packages = [(re.compile(rule.pattern), rule) for rule in of.get("package", [])]
        self.roots = {name.partition(".")[0] for name in self._names}
        names = sorted(self._names, key=len, reverse=True)
        self.anywhere = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b[\w.]*") if names else None
        self.of_name = lru_cache(maxsize=65536)(self._of_name)
        self.of_string = lru_cache(maxsize=65536)(self._of_string)

    def _of_name(self, dotted: str) -> tuple[SourceRule, str] | None:
        """Return the rule that the longest beginning of a dotted name has, and the name cut one part behind that beginning."""
        parts = dotted.split(".")
        for length in range(len(parts), 0, -1):
            rule = self._names.get(".".join(parts[:length]))
            if rule is not None:
                return (rule, ".".join(parts[: length + 1])) if rule.topic else None
        return None

    def _of_string(self, text: str) -> SourceRule | None:
        if not text or len(text) > LONGEST_TEXT:
            return None
        return next((rule for pattern, rule in self._strings if pattern.fullmatch(text)), None)

    def of_import(self, top: str) -> SourceRule | None:
        """Return the rule of a top-level package."""
        return self._imports.get(top)

    def of_package(self, name: str) -> SourceRule | None:
        """Return the rule of a package as requirements write it."""
        lower = name.lower().replace("_", "-")
        for pattern, rule in self._packages:
            if pattern.fullmatch(lower):
                return rule
        for word in (name, name.replace("-", "_"), _SUFFIX.sub("", lower).replace("-", "_")):
            if rule := self._imports.get(word):
                return rule
        return None


@lru_cache(maxsize=4)
def rules_of(porting: Porting) -> Rules:
    """Return the rules of a platform database."""
    return Rules(porting)
