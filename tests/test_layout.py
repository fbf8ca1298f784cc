"""The project's own habits: file lengths, no path of a machine, both catalogues complete, every glyph in the fonts."""

import importlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from app.engine.messages import LANGUAGES

ROOT = Path(__file__).resolve().parents[1]
TRANSLATIONS = ROOT / "resources" / "translations"
MOST_LINES = 300


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def codes(lang: str) -> dict[str, str]:
    found: dict[str, str] = {}

    def flatten(table: dict, prefix: str) -> None:
        for name, entry in table.items():
            if isinstance(entry, dict) and "text" not in entry:
                flatten(entry, f"{prefix}.{name}")
            else:
                found[f"{prefix}.{name}"] = " ".join(entry.values()) if isinstance(entry, dict) else entry

    for path in sorted((TRANSLATIONS / lang).glob("*.toml")):
        flatten(tomllib.loads(path.read_text(encoding="utf-8")), path.stem)
    return found


def test_python_files_stay_short():
    long = {
        str(path.relative_to(ROOT)): count
        for path in (ROOT / "app").rglob("*.py")
        if (count := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert not long


def test_no_path_of_a_machine_and_no_registry():
    wrong = re.compile(rb"/root/|/home/[a-z]+/|/work/(main|shared)|file:///|https?://[^\s]*pypi[^\s]*/simple")
    guilty = [
        path.name for path in tracked() if path.suffix not in (".ttf",) and path != Path(__file__) and wrong.search(path.read_bytes())
    ]
    assert not guilty


def test_both_languages_have_the_same_codes_and_parameters():
    zh, en = codes("zh"), codes("en")
    assert zh.keys() == en.keys()
    fields = re.compile(r"\{(\w+)")
    differing = [code for code in zh if set(fields.findall(zh[code])) != set(fields.findall(en[code]))]
    assert not differing


def test_every_literal_code_in_the_source_is_in_the_catalogues():
    known = codes("zh")
    areas = "|".join(path.stem for path in (TRANSLATIONS / "zh").glob("*.toml"))
    literal = re.compile(rf'(?:message|Message|EngineError|UnreadableFile|MissingFact|NewerVersion)\(\s*"((?:{areas})\.[\w.-]+)"')
    missing = {
        code for path in (ROOT / "app").rglob("*.py") for code in literal.findall(path.read_text(encoding="utf-8")) if code not in known
    }
    assert not missing


def test_every_text_of_the_frame_is_said_somewhere():
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py"))
    made = tuple(found for found in re.findall(r"""f["'](gui\.[a-z_.]*)\{""", source) if found != "gui.")
    said = set(re.findall(r"""["'](gui\.[a-z0-9_.]+)["']""", source)) | {"gui.undo", "gui.redo"}  # these two by what they do
    silent = [code for code in codes("zh") if code.startswith("gui.") and code not in said and not code.startswith(made)]
    assert not silent


def test_errors_have_a_remedy():
    raised = re.compile(r'(?:EngineError|UnreadableFile|NewerVersion)\(\s*"([\w.-]+)"')
    wanted = {code for path in (ROOT / "app").rglob("*.py") for code in raised.findall(path.read_text(encoding="utf-8"))}
    for lang in LANGUAGES:
        tables = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in (TRANSLATIONS / lang).glob("*.toml")}
        for code in wanted:
            entry: object = tables
            for part in code.split("."):
                entry = entry[part]  # type: ignore[index]
            assert isinstance(entry, dict) and entry.get("remedy"), f"{lang}: {code}"


@pytest.mark.parametrize("font", ["NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"])
def test_every_glyph_that_is_printed_is_in_the_font(font):
    from reportlab.pdfbase.ttfonts import TTFont

    known = set(TTFont("probe", str(ROOT / "resources" / "fonts" / font)).face.charToGlyph)
    texts = [text for lang in LANGUAGES for text in codes(lang).values()]
    tables = [path for folder in ("platform_db", "reports", "resources") for path in (ROOT / folder).rglob("*.*")]
    texts += [path.read_text(encoding="utf-8") for path in tables if path.suffix in (".csv", ".toml")]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "app" / "gui").rglob("*.py")]
    missing = {letter for text in texts for letter in text if ord(letter) not in known and letter not in "\n\r\t"}
    assert not missing


def test_every_benchmark_can_be_started():
    """They are run by hand; a name that moved would be found only then."""
    for path in sorted((ROOT / "tests" / "benchmarks").glob("*.py")):
        if path.stem not in ("__init__", "__main__"):
            importlib.import_module(f"tests.benchmarks.{path.stem}")
