"""The toolchain check: says that it does not look yet, which is never "ok"."""

from app.engine.assessing._context import not_assessed

CHECK = not_assessed("toolchain")
