"""Class and bottleneck: a hand-made run for each class, the 130B case in its variants, and what must stay unknown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.messages import render
from app.engine.model.traces import Device, Events, Series, SourceFile, Trace
from app.engine.model.workloads import Node
from app.engine.profiling import characterise
from app.engine.profiling.thresholds import thresholds
from app.engine.profiling.verdict import class_scores
from tests.engine.made_events import made

A800, H100, L40S = "nvidia-a800-sxm-80gb", "nvidia-h100-sxm-80gb", "nvidia-rtx-4090"
NODE = Node(nics=4, nic_gbps=200, disk_gbs=6.0)
HOST = ("cpu", "disk", "ib", "host")
SAMPLES = 60


def run_of(cards: int = 2, **means: float) -> Trace:
    """A run of one minute whose metrics waver around these means; host metrics once, the others on every card."""
    waver = 1 + 0.02 * (-1.0) ** np.arange(SAMPLES)
    time = np.arange(SAMPLES, dtype=np.int64) * 10**9
    found = []
    for metric, mean in means.items():
        devices = ["host"] if metric.startswith(HOST) else [str(card) for card in range(cards)]
        found += [Series(metric, one, "GB/s" if metric.endswith("gbs") else "", time, mean * waver) for one in devices]
    devices = (*(Device(str(card), memory_gib=80.0) for card in range(cards)), Device("host", "host"))
    return Trace((SourceFile("t", "table", 1, "x"),), int(time[-1]), devices=devices, series=tuple(found))


def judged(trace: Trace, platform: str = A800, node: Node = NODE):
    return characterise(trace, platform=pipeline.platforms_by_id().get(platform), node=node)


def words(profile, lang: str = "en") -> str:
    return " ".join(render(said, lang) for said in profile.bottleneck.evidence)


BEFORE = {"gpu_utilisation": 0.75, "nvlink_rx_gbs": 2.5, "nvlink_tx_gbs": 2.5, "ib_rx_gbs": 1.419, "ib_tx_gbs": 1.419, "cpu_system": 0.28}
AFTER = {"gpu_utilisation": 0.95, "nvlink_rx_gbs": 7.0, "nvlink_tx_gbs": 7.0, "ib_rx_gbs": 3.845, "ib_tx_gbs": 3.845, "cpu_system": 0.04}


@pytest.mark.parametrize("node", [NODE, Node()], ids=["node", "no node"])
@pytest.mark.parametrize("platform", [A800, H100, ""])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({"tensor_core": 0.30}, {"tensor_core": 0.40}),
        ({"tensor_core": 0.22, "vram_bandwidth": 0.20}, {"tensor_core": 0.30, "vram_bandwidth": 0.27}),
        ({"memory_controller_busy": 0.30}, {"memory_controller_busy": 0.40}),
        ({"cpu_system": 0.16, "cpu_utilisation": 0.6}, {"cpu_system": 0.02, "cpu_utilisation": 0.35}),
        ({"cpu_iowait": 0.01, "disk_read_gbs": 0.1}, {"cpu_iowait": 0.01, "disk_read_gbs": 0.13}),
    ],
    ids=["links only", "tensor", "tensor and memory", "memory controller", "moderate", "with disk"],
)
def test_the_130b_case_is_host_before_and_compute_after(before, after, platform, node):
    first, second = judged(run_of(8, **(BEFORE | before)), platform, node), judged(run_of(8, **(AFTER | after)), platform, node)
    assert (first.load_class, second.load_class) == ("host", "compute")
    assert first.advice[0].severity == "high" and first.advice[0].text.code == "profiling.advice.cpu_system"
    least, most = first.advice[0].gain
    assert 0 < least < most < 0.3
    assert "CPU 争用" in render(first.advice[0].text, "zh") and "系统态" in render(first.advice[0].text, "zh")
    assert not [one for one in second.advice if one.text.code == "profiling.advice.cpu_system"]
    for profile, rate in ((first, "2,500 MB/s"), (second, "7,000 MB/s")):
        told = words(profile)
        assert rate in told and "1,419 MB/s" in words(first) and "saturated" not in told.replace("nothing is said of saturation", "")


def test_a_class_that_rests_on_an_estimate_says_so():
    assert "Estimated" in words(judged(run_of(**AFTER)))
    assert "Estimated" not in words(judged(run_of(tensor_core=0.42, **AFTER)))


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ({"gpu_utilisation": 0.98, "tensor_core": 0.45, "vram_bandwidth": 0.30}, "compute"),
        ({"gpu_utilisation": 0.97, "tensor_core": 0.06, "vram_bandwidth": 0.72}, "memory"),  # decoding
        ({"gpu_utilisation": 0.99, "memory_controller_busy": 0.90}, "memory"),
        ({"gpu_utilisation": 0.95, "tensor_core": 0.12, "vram_bandwidth": 0.1, "nvlink_rx_gbs": 110, "nvlink_tx_gbs": 99}, "communication"),
        ({"gpu_utilisation": 0.95, "tensor_core": 0.12, "vram_bandwidth": 0.15, "ib_rx_gbs": 70, "ib_tx_gbs": 65}, "communication"),
        ({"gpu_utilisation": 0.40, "cpu_iowait": 0.30, "cpu_system": 0.03}, "io"),
        ({"gpu_utilisation": 0.50, "disk_read_gbs": 4.5, "cpu_system": 0.03}, "io"),
        ({"gpu_utilisation": 0.55, "cpu_utilisation": 0.97}, "host"),
        ({"gpu_utilisation": 0.97, "tensor_core": 0.38, "vram_bandwidth": 0.68}, "balanced"),
        ({"gpu_utilisation": 0.45, "cpu_iowait": 0.25, "cpu_system": 0.20}, "balanced"),
        ({"gpu_utilisation": 0.30}, "unknown"),  # it waits, nobody knows for what
        ({"gpu_utilisation": 0.30, "cpu_system": 0.02, "cpu_iowait": 0.01}, "unknown"),
        ({"gpu_utilisation": 0.95}, "unknown"),  # busy, with what?
        ({"gpu_utilisation": 0.95, "pcie_rx_gbs": 0.2}, "unknown"),  # NVLink was not seen
        ({"gpu_utilisation": 0.01, "cpu_system": 0.30}, "unknown"),  # no run at all
        ({"cpu_system": 0.40, "cpu_iowait": 0.30}, "unknown"),  # no card was seen
        ({"gpu_utilisation": 0.95, "tensor_core": 0.05, "fp32": 0.05, "fp16": 0.02, "vram_bandwidth": 0.1, "nvlink_rx_gbs": 5}, "unknown"),
        ({"nvlink_rx_gbs": 70, "nvlink_tx_gbs": 70}, "unknown"),  # the other side of the scales was not measured
        ({"power_w": 300}, "unknown"),
    ],
)  # fmt: skip
def test_the_classes(means, expected):
    profile = judged(run_of(**means))
    assert profile.load_class == expected, profile.class_scores
    assert profile.bottleneck.name == expected and profile.bottleneck.evidence
    assert all(any(letter.isdigit() for letter in words(profile, lang)) for lang in ("zh", "en")) or expected == "unknown"


def test_a_single_card_has_nothing_to_talk_to():
    from app.engine.model.workloads import RunParameters, Workload

    workload = Workload("w", "pretrain", run=RunParameters(gpus=1))
    trace = run_of(1, gpu_utilisation=0.96)
    assert characterise(trace, platform=None, workload=workload).load_class == "compute"
    assert judged(run_of(1, gpu_utilisation=0.96, pcie_rx_gbs=0.3), L40S).load_class == "compute"  # no fabric: PCIe is the link


def events(rows) -> Trace:
    """rows: name, category, stream, start, duration in µs."""
    rows = sorted(rows, key=lambda row: row[3])
    names, categories = (list(dict.fromkeys(row[place] for row in rows)) for place in (0, 1))
    number = lambda place: np.array([row[place] for row in rows], np.int64)  # noqa: E731
    blank = np.full(len(rows), -1, np.int64)
    found = Events(
        tuple(names), tuple(categories), ("0",), (),
        np.array([names.index(row[0]) for row in rows], np.int32), np.array([categories.index(row[1]) for row in rows], np.int32),
        np.zeros(len(rows), np.int32), number(2), number(3) * 1000, number(4) * 1000, blank, blank.astype(np.int32), blank,
    )  # fmt: skip
    return Trace(
        (SourceFile("k", "kineto", 1, "x"),), int((found.start_ns + found.duration_ns).max()), devices=(Device("0"),), events=found
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("cutlass_gemm", "kernel", 1, 0, 900), ("ncclAllReduce", "collective", 2, 850, 100)], "compute"),
        ([("cutlass_gemm", "kernel", 1, 0, 500), ("ncclAllReduce", "collective", 2, 450, 550)], "communication"),
        ([("cutlass_gemm", "kernel", 1, 0, 900), ("ncclAllReduce", "collective", 2, 0, 900)], "compute"),  # all of it hidden
        ([("vectorized_elementwise", "kernel", 1, 0, 800), ("gemvx_kernel", "kernel", 1, 800, 200)], "memory"),
        ([("cutlass_gemm", "kernel", 1, start, 3) for start in range(0, 1000, 10)], "host"),
        ([("Memcpy HtoD (Pinned -> Device)", "memcpy", 1, 0, 600), ("cutlass_gemm", "kernel", 1, 600, 300)], "communication"),
        ([("myop", "kernel", 1, 0, 1000)], "unknown"),
        ([("cutlass_gemm", "kernel", 1, 0, 900), ("paged_attention_v2", "kernel", 1, 900, 100)], "unknown"),  # serving: perhaps weights
    ],
)
def test_event_traces(rows, expected):
    profile = characterise(events(rows), platform=None)
    assert profile.load_class == expected, profile.class_scores


measured = st.dictionaries(
    st.sampled_from(
        ["gpu", "tensor_core", "fp32", "vram_bandwidth", "nvlink", "infiniband", "disk", "cpu_system", "cpu_iowait", "host_gaps"]
    ),
    st.floats(0, 1.5),
)


@given(measured)
def test_scores_lie_within_0_and_1_and_only_what_was_measured_has_one(numbers):
    scores = class_scores(numbers)
    assert all(0 <= value <= 1 for value in scores.values())
    classes = {sign.load for sign in thresholds().sign if sign.figure in numbers}
    assert classes <= set(scores) <= classes | {"compute"}


@settings(max_examples=30, deadline=None)
@given(
    st.fixed_dictionaries(
        {"gpu_utilisation": st.floats(0.06, 1)}, optional={"tensor_core": st.floats(0, 1), "cpu_system": st.floats(0, 1)}
    ),
    st.sampled_from(["fp32", "vram_bandwidth", "nvlink_rx_gbs", "disk_read_gbs", "cpu_iowait", "power_w", "temperature_c"]),
)
def test_a_metric_without_a_sample_never_changes_the_class(means, metric):
    trace = run_of(**means)
    blank = Series(metric, "0", "", trace.series[0].time_ns, np.full(SAMPLES, np.nan))
    from msgspec.structs import replace

    more = judged(replace(trace, series=(*trace.series, blank)))
    assert more.load_class == judged(trace).load_class and more.class_scores == judged(trace).class_scores


def test_dependence_is_told_for_every_resource_in_both_languages():
    profile = judged(
        run_of(gpu_utilisation=0.98, tensor_core=0.45, vram_bandwidth=0.30, nvlink_rx_gbs=70, nvlink_tx_gbs=70, vram_used_gib=70)
    )
    levels = {one.resource: one.level for one in profile.dependence}
    assert levels == {
        "compute": "high", "vram_capacity": "high", "vram_bandwidth": "medium", "card_links": "high",
        "node_links": "unknown", "host": "unknown", "storage": "unknown",
    }  # fmt: skip
    for one in profile.dependence:
        for said in one.evidence:
            assert all(render(said, lang) != said.code and "—" not in render(said, lang) for lang in ("zh", "en"))


def test_a_rate_without_a_peak_is_a_low_dependence_only_where_no_link_could_be_full():
    def level(gbs):
        return {one.resource: one.level for one in judged(run_of(gpu_utilisation=0.9, ib_rx_gbs=gbs), node=Node()).dependence}["node_links"]

    assert (level(0.5), level(20.0)) == ("low", "unknown")


REAL = {
    "kineto-chrome-trace/TraceLens__tests__traces__h100__Qwen_Qwen1.5-0.5B-Chat__1016005.json.gz": "memory",
    "kineto-chrome-trace/TraceLens__tests__traces__torch_compile_triton__trace.json.gz": "compute",
    "kineto-chrome-trace/TraceLens__tests__traces__inference__vllm_decode_full__graph_execution.json.gz": "unknown",
    "kineto-chrome-trace/HolisticTraceAnalysis__tests__data__nccl_parser_config__nccl_data.json.gz": "host",
    "kineto-chrome-trace/kineto__tb_plugin__samples__resnet50_num_workers_0__worker0.1623143089861.pt.trace.json.gz": "host",
    "nccl-tests-log/superbenchmark__tests__data__nccl_allreduce.log": "unknown",
    "nvidia-smi-query-csv/gpu-usage__gpu_usage1.csv": "unknown",
    "iostat-text/jc__tests__fixtures__centos-7.7__iostat-x.out": "unknown",
}


@pytest.mark.parametrize("name", REAL)
def test_real_traces(name, shared_data):
    path = shared_data / "traces" / name
    if not path.is_file():
        pytest.skip(f"{name} is not here")
    profile = pipeline.profile_trace(pipeline.read_traces([path]).run)
    assert profile.load_class == REAL[name], profile.class_scores
    told = [*profile.bottleneck.evidence, *(one.text for one in profile.advice)]
    assert all(render(said, lang) != said.code for said in told for lang in ("zh", "en"))


def test_how_the_class_was_got_is_told():
    assert judged(run_of(**AFTER)).bottleneck.state == "estimated"
    assert judged(run_of(tensor_core=0.42, **AFTER)).bottleneck.state == "measured"
    assert judged(run_of(**BEFORE)).bottleneck.state == "measured"
    assert judged(run_of(gpu_utilisation=0.3)).bottleneck.state == ""


def test_an_idle_card_without_a_recorded_host_is_only_presumed_to_wait_for_it():
    rows = [("gemm", "kernel", "0", 7, start, 20) for start in range(0, 1000, 100)]
    profile = judged(Trace((SourceFile("t", "kineto", 1, "x"),), 1000, clock="relative", events=made(rows)))
    assert (profile.load_class, profile.bottleneck.state) == ("host", "estimated")
    assert profile.bottleneck.evidence[0].code == "profiling.why.host_idle" and "presumed" in words(profile)


def test_small_batches_of_inference_claim_no_dependence_on_compute(shared_data):
    path = shared_data / "traces" / next(name for name in REAL if "vllm_decode" in name)
    if not path.is_file():
        pytest.skip("the trace is not here")
    profile = pipeline.profile_trace(pipeline.read_traces([path]).run)
    levels = {one.resource: one.level for one in profile.dependence}
    assert "compute" not in profile.class_scores and levels["compute"] == levels["vram_bandwidth"] == "unknown"


def test_an_idle_recording_gets_no_advice_to_feed_the_card():
    codes = {one.text.code for one in judged(run_of(gpu_utilisation=0.01)).advice}
    assert "profiling.advice.low_gpu" not in codes


def test_a_busy_vram_leaves_no_compute_to_be_guessed():
    profile = judged(run_of(gpu_utilisation=0.97, tensor_core=0.08, vram_bandwidth=0.5, nvlink_rx_gbs=1.0, nvlink_tx_gbs=1.0))
    assert profile.load_class == "memory" and profile.class_scores["compute"] < 0.3
