"""Logs whose every line begins with who wrote it, or with what a logger puts there. All texts are synthetic."""

import json
from pathlib import Path

import pytest

from app.engine.reading import ReadResult, merge_traces, read_files

HEAD = "timestamp, index, utilization.gpu [%], power.draw [W]"
ROWS = [f"2025/07/27 00:22:{27 + tick}.858, {card}, {10 * tick + card} %, {70 + tick}.25 W" for tick in range(4) for card in (0, 1)]
LINES = [HEAD, *ROWS]


def read(folder: Path, lines: list[str]) -> ReadResult:
    path = folder / "unknown"
    path.write_text("\n".join(lines) + "\n")
    return read_files([path], use_cache=False)


@pytest.mark.parametrize(
    "label",
    [
        "[1,0]<stdout>:",
        "[1,0]<stdout>: ",
        "[default0]:",
        " 0: ",
        "node01: ",
        "INFO:root:",
        "monitor-1  | ",
        "[pod/monitor-x7/smi] ",
        "2024-05-06T11:22:33.123456789+08:00 stdout F ",
        "2024-05-06T11:22:33.123456789Z ",
        "2024-05-06 11:22:33,123 INFO ",
        "2024-05-06 11:22:33,123 - monitor - INFO - ",
        "2024-05-06 11:22:33.123 | INFO     | __main__:watch:12 - ",
        "[2024-05-06 11:22:33] [INFO] ",
        "Jul 27 00:22:33 node01 watch[123]: ",
    ],
)
def test_a_label_before_every_line_is_taken_off_and_the_log_keeps_its_own_time(tmp_path, label):
    result = read(tmp_path, [label + line for line in LINES])
    assert not result.unreadable and len(result.traces) == 1
    trace = result.traces[0]
    assert trace.files[0].format == "nvidia-smi-csv" and trace.files[0].rows == 8 and trace.files[0].name == "unknown" and not trace.skipped
    assert trace.start_ns == 1753575747858 * 10**6 and trace.duration_ns == 3 * 10**9
    assert next(one.values.tolist() for one in trace.series if one.device == "1") == pytest.approx([0.01, 0.11, 0.21, 0.31])


def test_lines_of_several_hosts_are_several_logs(tmp_path):
    result = read(tmp_path, ["$ pdsh -w node[01-02] nvidia-smi", *(f"node0{host}: {line}" for line in LINES for host in (1, 2))])
    assert [trace.files[0].name for trace in result.traces] == ["node01", "node02"]
    assert [trace.files[0].rows for trace in result.traces] == [8, 8]
    merged = merge_traces(result.traces)
    assert merged is not None
    assert {device.id for device in merged.devices} == {"node01:0", "node01:1", "node02:0", "node02:1"}


def test_dockers_lines_keep_their_time_where_the_log_has_none(tmp_path):
    told = [
        json.dumps({"log": line + "\n", "stream": "stdout", "time": f"2024-05-06T11:22:3{n}.123456789Z"}) for n, line in enumerate(LINES)
    ]
    assert read(tmp_path, told).traces[0].start_ns == 1753575747858 * 10**6
    lines = ["# gpu   pwr  gtemp   sm   mem", "# Idx     W      C    %     %", *(f"    0   100     40   {n}     2" for n in range(3))]
    told = [json.dumps({"log": line + "\n", "stream": "stdout", "time": f"2024-05-06T11:22:3{n}.5Z"}) for n, line in enumerate(lines)]
    trace = read(tmp_path, told).traces[0]
    assert trace.files[0].format == "nvidia-smi-dmon" and trace.clock == "absolute" and trace.start_ns == 1714994552500 * 10**6


def test_a_list_of_keys_and_values_is_no_labelled_log(tmp_path):
    result = read(tmp_path, ["Card: 1", "Load: 2", "Heat: 3"] * 4)
    assert len(result.unreadable) == 1 and result.unreadable[0].message.code == "reading.unknown_format"
