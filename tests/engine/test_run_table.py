"""Tables of measured runs as they come: every sound row is used, every fault is told at its place, nothing is guessed in silence."""

import json

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.cli._frame import run_command
from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.importing import Answers, take_in
from app.engine.intake import Sorted
from app.engine.messages import LANGUAGES, has_entry
from app.engine.model.projects import Project
from app.engine.paraselect import faults_of
from app.engine.pipeline import Reading

HEAD = "case,platform,gpus,speed,unit,better,seq_len,global_batch"
A100, H100, H20 = "nvidia-a100-sxm-80gb", "nvidia-h100-sxm-80gb", "nvidia-h20-96gb"
SOUND = f"c,{A100},8,100,samples/s,higher,,"
WANTED = f"c,{H100},8,,samples/s,,,"


def read(tmp_path, *rows: str, head: str = HEAD, encoding: str = "utf-8"):
    path = tmp_path / "t.csv"
    path.write_bytes("\n".join((head, *rows)).encode(encoding))
    return pipeline.read_measured(path)


def told(table) -> list[tuple[str, str, bool]]:
    return [(one.what.code.partition(".")[2], one.place, one.is_used) for one in table.problems]


def speeds(table) -> list[float | None]:
    return [run.speed for run in table.runs]


@pytest.mark.parametrize("speed", ["-3", "0", "NaN", "inf", "fast", "12 samples", "=1+1", "1.2.3,4", "-", "n/a", "1e400", "十二"])
def test_a_speed_that_is_none_is_told_and_the_rest_is_read(tmp_path, speed):
    table = read(tmp_path, SOUND, f'c,{H100},8,"{speed}",samples/s,,,')
    ((code, place, is_used),) = told(table)
    assert (place, is_used) == ("3", False) and speeds(table) == [100]
    assert all(has_entry(table.problems[0].what.code, lang) for lang in LANGUAGES), code


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("12,5", 12.5),
        ("１２３．５", 123.5),
        ("1 234.5", 1234.5),
        ("1e3", 1000),
        ("1,234,567", 1234567),
    ],
)
def test_numbers_as_people_write_them(tmp_path, written, number):
    table = read(tmp_path, f'c,{A100},8,"{written}",samples/s,,,')
    assert speeds(table) == [number] and not table.problems


def test_what_can_be_read_in_two_ways_is_told_or_settled_by_its_column(tmp_path):
    alone = read(tmp_path, f'c,{A100},8,"1,234",samples/s,,,')
    assert speeds(alone) == [1234] and told(alone) == [("read_as", "2", True)]
    points = read(tmp_path, f'c,{A100},8,"1,234",samples/s,,,', f"c,{H100},8,10.5,samples/s,,,")
    assert speeds(points) == [1234, 10.5] and not points.problems
    commas = read(tmp_path, f'c,{A100},8,"1,234",samples/s,,,', f'c,{H100},8,"10,5",samples/s,,,')
    assert speeds(commas) == [1.234, 10.5] and not commas.problems
    doubt = read(tmp_path, f"c,{A100},8,1.234,samples/s,,,", f'c,{H100},8,"10,5",samples/s,,,')
    assert speeds(doubt) == [10.5] and told(doubt) == [("two_ways", "2", False)]


@pytest.mark.parametrize(
    ("gpus", "code"), [("0", "not_a_number"), ("-8", "not_a_number"), ("2.5", "not_a_count"), ("", "no_gpus"), ("x", "no_number")]
)
def test_a_wanted_row_without_a_count_is_an_error_row_with_its_reason(tmp_path, gpus, code):
    table = read(tmp_path, SOUND, f"c,{H100},{gpus},,samples/s,,,", WANTED)
    broken, sound = pipeline.predict_table(table)
    assert (broken.row, broken.value, broken.kind) == (2, None, None) and broken.notes[0].code.endswith(code)
    assert sound.value > 0 and [fault.place for fault in faults_of(table, (broken, sound))] == ["3"]


def test_units_that_convert_are_one_unit_and_each_row_is_told_in_its_own(tmp_path):
    rows = (f"c,{A100},8,100,ms,,,", f"c,{H20},8,0.2,s,,,", f"c,{H100},8,,s,,,", f"c,{H100},8,,ms,,,")
    table = read(tmp_path, *rows)
    assert speeds(table)[:2] == [100, pytest.approx(200)] and not table.problems
    seconds, milliseconds = pipeline.predict_table(table)
    assert milliseconds.value == pytest.approx(1000 * seconds.value) and (seconds.unit, milliseconds.unit) == ("s", "ms")
    assert seconds.low < seconds.value < seconds.high and seconds.notes[-1].code == "run_table.unit_converted"


def test_per_card_and_whole_system_are_one(tmp_path):
    table = read(tmp_path, SOUND, f"c,{H20},8,10,samples/s/card,,,", WANTED, f"c,{H100},8,,samples/s/card,,,")
    whole, card = pipeline.predict_table(table)
    assert speeds(table)[1] == 80 and whole.value == pytest.approx(8 * card.value) and not table.problems


def test_tokens_and_samples_convert_by_the_length_and_not_without(tmp_path):
    table = read(tmp_path, SOUND, f"c,{H20},8,2048000,tokens/s,,2048,", WANTED)
    assert speeds(table)[1] == 1000 and not table.problems
    without = read(tmp_path, SOUND, f"c,{H20},8,2048000,tokens/s,,,", WANTED)
    assert told(without) == [("unit_length", "3", False)] and pipeline.predict_table(without)[0].value > 0


def test_times_among_rates_are_told_and_left_out(tmp_path):
    table = read(tmp_path, SOUND, f"c,{H20},8,110,samples/s,,,", f"c,{H100},8,5,ms,lower,,", WANTED)
    assert told(table) == [("unit_direction", "4", False)] and pipeline.predict_table(table)[0].value > 0
    marked = read(tmp_path, SOUND, f"c,{H20},8,5,ms,higher,,", f"c,{H100},8,5,samples/s,lower,,")
    assert told(marked) == [("better_contradicts", "3", False), ("better_contradicts", "4", False)]
    both = read(tmp_path, f"c,{A100},8,5,points,higher,,", f"c,{H20},8,5,points,lower,,")
    assert {code for code, _, _ in told(both)} == {"better_both"} and not both.runs


def test_copies_are_kept_once_and_contradictions_are_told(tmp_path):
    table = read(tmp_path, SOUND, SOUND, f"c,{A100},8,250,samples/s,higher,,", f"c,{A100},16,250,samples/s,higher,,")
    assert told(table) == [("copy", "3", False), ("contradicts", "4", True)] and speeds(table) == [100, 250, 250]
    assert not read(tmp_path, SOUND, f"c,{A100},8,150,samples/s,higher,,").problems


@pytest.mark.parametrize(
    ("name", "near"), [("A800 80G NVLink", "nvidia-a800-sxm-80gb"), ("nvidia-h20-96g", H20), ("昇腾910B2", "ascend-910b2")]
)
def test_platforms_as_salespeople_write_them_are_told_with_the_id(tmp_path, name, near):
    table = read(tmp_path, SOUND, f"c,{name},8,50,samples/s,,,", f"c,{name},8,,samples/s,,,", WANTED)
    assert [place for _, place, _ in told(table)] == ["3", "4"] and near in table.problems[0].what.params["near"]
    unnamed, sound = pipeline.predict_table(table)
    assert unnamed.value is None and unnamed.notes[0] == table.problems[1].what and sound.value > 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "gbk"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(tmp_path, encoding, separator):
    rows = (f"任务一号训练,{A100},8,100,samples/s,,,", f"任务一号训练,\u00a0{H100},8,,samples/s,,," if encoding != "gbk" else WANTED)
    table = read(tmp_path, *(row.replace(",", separator) for row in rows), head=HEAD.replace(",", separator), encoding=encoding)
    assert table.runs[0].case == "任务一号训练" and table.runs[1].platform == H100 and not table.problems


def test_what_a_csv_hides_is_told(tmp_path):
    table = read(
        tmp_path,
        SOUND,
        f'c,{H20},8,90,samples/s,,"open',
        f"c,{H100},8,1,234.5,samples/s,,,",
        f"c,{H100},8,1,234.5,samples/s,,,5",
        "",
        WANTED,
    )
    assert told(table) == [("quote_open", "3", False), ("unit_number", "4", False), ("too_many_cells", "5", False)]
    assert pipeline.predict_table(table)[0].row == 5 and table.places[5] == "7"
    spread = read(tmp_path, f'"c\nd",{A100},8,x,samples/s,,,', f"c,{H20},8,x,samples/s,,,")
    assert [place for _, place, _ in told(spread)] == ["2", "4"]
    nulls = read(tmp_path, SOUND.replace("8,", "8\0,"), WANTED.replace("c,", "c\u200b,"))
    assert nulls.runs[0].gpus == 8 and nulls.runs[1].case == "c"


def test_what_a_workbook_hides_is_told(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Runs"
    for row in (
        ["title"],
        [],
        ["case", "platform", "gpus", "speed", "unit"],
        ["c", A100, 8, 100, "samples/s"],
        ["", H20, 8, "=1+1", "samples/s"],
    ):
        sheet.append(row)
    sheet.append(["", H100, 8, None, "samples/s"])
    sheet.append(["", "nvidia-l40s", 8, 50, "samples/s"])
    sheet.append(["", "nvidia-l4", 8, None, "samples/s"])
    sheet.merge_cells("A4:A8")
    sheet.merge_cells("D7:D8")
    book.create_sheet("More").append(["case", "platform", "gpus", "speed", "unit"])
    book["More"].append(["d", A100, 8, 1, "samples/s"])
    path = tmp_path / "t.xlsx"
    book.save(path)
    table = pipeline.read_measured(path)
    assert told(table) == [("other_sheet", "Runs!A3", True), ("uncomputed", "Runs!D5", False), ("merged_speed", "Runs!D8", False)]
    assert {run.case for run in table.runs} == {"c"} and [found.row for found in pipeline.predict_table(table)] == [3]


@pytest.mark.parametrize(
    ("text", "code"), [("", "no_rows"), (HEAD, "no_rows"), ("case,platform\nc,p", "columns_missing"), ("a,b\n1,2", "columns_missing")]
)
def test_a_file_that_is_no_table_of_runs_is_refused(tmp_path, text, code):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EngineError) as caught:
        pipeline.read_measured(path)
    assert caught.value.message.code == f"paraselect.{code}"


def test_many_rows_are_read(tmp_path):
    table = read(tmp_path, *(f"c{number % 1000},{A100},8,{1 + number / 1e6},samples/s,,,{number}" for number in range(20_000)))
    assert len(table.runs) == 20_000 and not table.problems


def test_an_import_takes_the_sound_rows_and_says_what_is_wrong_with_the_others(tmp_path):
    read(tmp_path, SOUND, f"c,{H20},8,-1,samples/s,,,", f"c,{H100},8,fast,samples/s,,,")
    path = tmp_path / "t.csv"
    taken = take_in(Project(), Sorted(((path, "measured"),)), Answers(), lambda *_: Reading((), None))
    assert [run.speed for run in taken.project.measured] == [100] and not taken.errors
    assert taken.problems[0].message.params["count"] == 2 and taken.problems[0].file == str(path)
    read(tmp_path, f"c,{H20},8,-1,samples/s,,,")
    refused = take_in(Project(), Sorted(((path, "measured"),)), Answers(), lambda *_: Reading((), None))
    assert not refused.project.measured and refused.errors[0].message.code == "run_table.none_taken"


def command(capsys, *argv: str) -> tuple[int, dict, list[str]]:
    status = run_command([*argv, "--json", "--lang", "en"])
    out, err = capsys.readouterr()
    return status, json.loads(out) if out else {}, err.splitlines()


def test_predict_prints_each_problem_and_predicts_the_rest(tmp_path, capsys):
    read(tmp_path, SOUND, f"c,{H20},8,-1,samples/s,,,", WANTED, f"c,{H100},0,,samples/s,,,")
    status, found, errors = command(capsys, "predict", str(tmp_path / "t.csv"))
    assert status == 0 and [row["row"] for row in found["rows"]] == [3, 4] and found["rows"][1]["predicted"] is None
    assert [line.startswith(f"error: {tmp_path / 't.csv'}:{place}: ") for line, place in zip(errors, (3, 5), strict=True)] == [True, True]
    assert [(one["place"], one["column"], one["used"]) for one in found["problems"]] == [("3", "speed", False), ("5", "gpus", False)]
    assert all(one["what"] and one["remedy"] for one in found["problems"])


def test_predict_fails_where_nothing_can_be_predicted(tmp_path, capsys):
    read(tmp_path, f"c,{H20},8,-1,samples/s,,,", WANTED)
    status, found, errors = command(capsys, "predict", str(tmp_path / "t.csv"))
    assert status == 2 and found["rows"][0]["predicted"] is None and len(errors) == 2


@pytest.mark.parametrize("argv", [("evaluate",), ("fit",), ("scale", "--gpus", "16")])
def test_every_command_tells_the_problems_and_uses_the_rest(tmp_path, capsys, argv):
    read(tmp_path, SOUND, f"c,{H20},8,90,samples/s,,,", f"c,{H100},8,250,samples/s,,,", f"c,{H100},8,-1,samples/s,,,")
    status, found, errors = command(capsys, argv[0], str(tmp_path / "t.csv"), *argv[1:])
    assert status == 0 and len(found["problems"]) == 1 and len(errors) == 1 and ":5: " in errors[0]


CELLS = [
    "c",
    "",
    "8",
    "1e400",
    "-1",
    "nvidia-l4",
    A100,
    "ms",
    "s",
    "tokens/s",
    "nan",
    '"',
    "样本/s",
    "=1+1",
    "1,5",
    "1.234,5",
    "lower",
    "0",
    "2.5",
    "\0",
    ";",
]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(CELLS), min_size=4, max_size=9), max_size=8), st.sampled_from(["utf-8", "utf-16", "gb18030"]))
def test_any_table_gives_predictions_or_clear_problems(tmp_path, cells, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes("\n".join((HEAD, *(",".join(line) for line in cells))).encode(encoding))
    try:
        table = pipeline.read_measured(path)
    except EngineError as error:
        assert has_entry(error.message.code, "en")
        return
    found = pipeline.predict_table(table)
    assert all(one.notes if one.value is None else one.low < one.value < one.high for one in found)
    assert all(has_entry(fault.message.code, "en") and fault.place for fault in faults_of(table, found))
