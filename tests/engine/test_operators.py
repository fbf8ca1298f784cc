"""Operator tables: who launched what, achieved rates, the side of the roofline, and the estimate of the matrix units."""

import numpy as np
import pytest

from app.engine import pipeline
from app.engine.model.traces import Device, Events, SourceFile, Trace
from app.engine.model.workloads import Workload
from app.engine.profiling import characterise
from app.engine.profiling.operators import host_table, kernel_table, shown_shape
from app.engine.reading._shape_text import shape_text, task_text, type_word

H100 = "nvidia-h100-sxm-80gb"
GEMM = "[[4096,4096],[4096,4096]] bf16,bf16"
FLOPS = 2 * 4096**3


def events(rows: list[tuple]) -> Events:
    """rows: name, category, device, stream, start, duration, correlation, shape."""
    rows = sorted(rows, key=lambda row: row[4])
    tables = [tuple(dict.fromkeys(row[place] for row in rows)) for place in range(3)]
    shapes = tuple(dict.fromkeys(row[7] for row in rows if row[7]))
    codes = [np.array([table.index(row[place]) for row in rows], np.int32) for place, table in enumerate(tables)]
    shape = np.array([shapes.index(row[7]) if row[7] else -1 for row in rows], np.int32)
    number = lambda place: np.array([row[place] for row in rows], np.int64)  # noqa: E731
    return Events(*tables, shapes, *codes, number(3), number(4), number(5), number(6), shape, np.full(len(rows), -1, np.int64))


def launched(
    op: str, shape: str, kernels: list[tuple[str, int]], start: int = 0, first: int = 1, rank: str = "", took: int = 50
) -> list[tuple]:
    """One operator that launches kernels of (name, duration), the k-th at k µs after it, in ns."""
    rows = [(op, "cpu_op", f"{rank}host", 7, start, took, -1, shape)]
    for place, (name, duration) in enumerate(kernels):
        rows.append(("cudaLaunchKernel", "runtime", f"{rank}host", 7, start + 1 + place, 1, first + place, ""))
        rows.append((name, "kernel", f"{rank}0", 1, start + 1000 * (place + 1), duration, first + place, ""))
    return rows


def trace_of(found: Events, **more) -> Trace:
    end = int((found.start_ns + found.duration_ns).max())
    return Trace((SourceFile("k", "kineto", 1, "x"),), end, devices=tuple(Device(name) for name in found.devices), events=found, **more)


def axis(profile, name):
    return next(one for one in profile.axes if one.name == name)


def test_a_product_has_its_rate_and_its_side():
    found = events(launched("aten::mm", GEMM, [("nvjet_tst_1", 250_000)]))
    platform = pipeline.catalogue().platform(H100)
    (host,), (kernel,) = host_table(found, platform=platform), kernel_table(found, (0, 10**9), platform=platform)
    for row in (host, kernel):
        assert row.flops == FLOPS and row.bytes == 3 * 2 * 4096**2 and row.tensor_core is True and row.bound == "compute"
        assert row.tflops == pytest.approx(FLOPS / 250e-6 / 1e12) and row.gbs == pytest.approx(3 * 2 * 4096**2 / 250e-6 / 1e9)
    assert host_table(found)[0].bound is None and host_table(found)[0].shapes == GEMM


def test_the_work_of_a_product_belongs_to_the_kernels_that_multiply():
    split = [("ampere_bf16_s16816gemm_x", 300), ("ampere_bf16_s16816gemm_x", 100), ("void cublasLt::splitKreduce_kernel<32>", 100)]
    found = events(launched("aten::mm", GEMM, [*split, ("Memset (Device)", 100)]))
    rows = {row.name: row for row in kernel_table(found, (0, 10**9))}
    product, helpers = rows.pop("ampere_bf16_s16816gemm_x"), rows
    assert (product.flops, product.bytes) == (pytest.approx(FLOPS), pytest.approx(3 * 2 * 4096**2))
    assert all(row.flops is None and row.bytes is None for row in helpers.values())


def test_kernels_of_other_calls_share_by_their_time():
    found = events(
        launched("aten::add", "[[1000],[1000],[]] fp32,fp32", [("vectorized_elementwise_a", 300), ("vectorized_elementwise_b", 100)])
    )
    first, second = kernel_table(found, (0, 10**9))
    assert (first.flops, second.flops) == (750, 250) and first.bytes == 3 * second.bytes == 9000


def test_inner_calls_keep_their_own_launches():
    rows = launched("aten::mm", GEMM, [("nvjet_tst_1", 100)], start=10, took=20)
    rows.append(("aten::linear", "cpu_op", "host", 7, 0, 100, -1, "[[4096,4096],[4096,4096],[]] bf16,bf16"))
    table = {row.name: row for row in host_table(events(rows))}
    assert table["aten::mm"].flops == FLOPS and table["aten::linear"].flops is None and table["aten::linear"].device_time_s == 0


def test_threads_and_ranks_of_the_same_numbers_stay_apart():
    one = launched("aten::mm", GEMM, [("nvjet_a", 100)], rank="rank0:")
    two = launched("aten::bmm", "[[2,8,8],[2,8,8]] bf16,bf16", [("nvjet_b", 900)], rank="rank1:")
    table = {row.name: row for row in host_table(events(one + two))}
    assert table["aten::mm"].device_time_s == pytest.approx(100e-9) and table["aten::bmm"].device_time_s == pytest.approx(900e-9)


def test_calls_that_were_launched_before_the_recording_go_at_the_rate_of_the_others():
    rows = launched("aten::mm", GEMM, [("nvjet_tst_1", 300)])
    known = rows + [("nvjet_tst_1", "kernel", "0", 1, 9000, 300, 99, "")]
    (kernel,) = kernel_table(events(known), (0, 10**9))
    assert kernel.flops == pytest.approx(2 * FLOPS) and kernel.tflops == pytest.approx(FLOPS / 300e-9 / 1e12)
    mostly_unknown = known + [("nvjet_tst_1", "kernel", "0", 1, 19000, 3000, 98, "")]
    assert kernel_table(events(mostly_unknown), (0, 10**9))[0].flops is None


def test_a_host_operator_with_calls_of_unknown_work_has_none():
    rows = launched("aten::mm", GEMM, [("nvjet_tst_1", 300)]) + launched("aten::mm", "", [("nvjet_tst_1", 300)], start=100, first=9)
    assert host_table(events(rows))[0].flops is None


def test_without_a_card_the_work_goes_to_those_who_do_it():
    rows = [
        ("aten::linear", "cpu_op", "host", 7, 0, 100, -1, "[[8,8],[8,8],[]] fp32,fp32"),
        ("aten::mm", "cpu_op", "host", 7, 10, 80, -1, "[[8,8],[8,8]] fp32,fp32"),
    ]
    table = {row.name: row for row in host_table(events(rows), platform=pipeline.catalogue().platform(H100))}
    assert table["aten::mm"].flops == 2 * 8**3 and not table["aten::linear"].flops
    assert table["aten::mm"].bound is None and table["aten::mm"].tensor_core is None


def test_matrix_units_are_estimated_from_operations_where_a_peak_is_known_else_bounded_by_time():
    found = events(
        launched("aten::mm", GEMM, [("nvjet_tst_1", 250_000)])
        + launched("aten::mul", "", [("vectorized_elementwise_kernel", 250_000)], 251_000, 5)
    )
    platform = pipeline.catalogue().platform(H100)
    known, bound = characterise(trace_of(found), platform=platform), characterise(trace_of(found), platform=None)
    window_s = (known.window_ns[1] - known.window_ns[0]) / 1e9
    assert axis(known, "tensor_core").value == pytest.approx(FLOPS / (platform.need("bf16_tensor_tflops") * 1e12 * window_s), rel=0.01)
    assert axis(known, "tensor_core").source.code == "profiling.source.tensor_operations"
    assert axis(bound, "tensor_core").value == pytest.approx(250e-6 / window_s, rel=0.01)
    assert axis(bound, "tensor_core").source.code == "profiling.source.tensor_time"
    assert axis(known, "tensor_core").state == axis(bound, "tensor_core").state == "estimated"


@pytest.mark.parametrize("name", ["my_own_kernel", "ncclDevKernel_AllReduce"])
def test_no_estimate_from_names_that_tell_nothing(name):
    kind = "collective" if "nccl" in name else "kernel"
    found = events([(name, kind, "0", 1, 0, 100, -1, "")])
    assert axis(characterise(trace_of(found), platform=None), "tensor_core").state == "not_measured"
    laid_out = events([("nvjet_tst_1", "kernel", "0", 1, 0, 100, -1, "")])
    assert axis(characterise(trace_of(laid_out, clock="synthetic"), platform=None), "tensor_core").state == "not_measured"


def test_an_estimate_beyond_the_peak_is_not_told_as_one():
    found = events(launched("aten::mm", GEMM, [("nvjet_tst_1", 1000)]))  # 137 GFLOP in a microsecond: another card than the one named
    assert axis(characterise(trace_of(found), platform=pipeline.catalogue().platform(H100)), "tensor_core").source.code.endswith(
        "tensor_time"
    )


def test_an_assumed_type_is_said():
    found = events(launched("aten::mm", "[[64,64],[64,64]]", [("nvjet_tst_1", 1000)]))
    workload = Workload("w", "pretrain", precision="bf16")
    profile = characterise(trace_of(found), platform=None, workload=workload)
    assert profile.operators[0].bytes == 3 * 2 * 64**2 and [said.code for said in profile.warnings][-1] == "profiling.assumed_type"
    assert characterise(trace_of(found), platform=None).operators[0].bytes is None


def test_the_text_of_shapes():
    assert shape_text(b"[[2, 3], [3, 4]]", b"", b"") == "[[2,3],[3,4]]"
    assert shape_text(b"[[2,3],[]]", b'["c10::BFloat16","Scalar"]', b'["","1"]') == '[[2,3],[]] bf16 ["","1"]'
    assert shape_text(b"[[2,3],[]]", b"", b'["","[1, 1]"]') == '[[2,3],[]] - ["","[1,1]"]'
    assert shape_text(b"[[2]]", b"damaged", b"[1") == "[[2]]"
    assert task_text('"4,8;8,2"', "FLOAT16;DT_BF16", '"4,2"') == "4,8;8,2 fp16,bf16 >4,2"
    assert task_text("N/A", "N/A", "N/A") == "" and task_text("8,8;8,8", "", "") == "8,8;8,8"
    assert [type_word(word) for word in ("long int", "c10::Half", "Int", "FLOAT", "unsigned char")] == [
        "int64",
        "fp16",
        "",
        "fp32",
        "uint8",
    ]
    assert shown_shape('[[2]] - ["1"]') == "[[2]]" and shown_shape('[[2]] bf16 ["1"]') == "[[2]] bf16"


@pytest.mark.parametrize(
    ("pattern", "platform", "operator", "lowest", "highest"),
    [
        ("kineto-chrome-trace/*h100__Qwen*", H100, "aten::mm", 400, 989),
        ("kineto-chrome-trace/*mi300__Qwen*", "amd-mi300x", "aten::mm", 300, 1307),
        ("kineto-chrome-trace/*torch_compile_triton*", "amd-mi300x", "aten::_flash_attention_forward", 200, 1307),
        ("ascend-kernel_details-csv/*", "ascend-910b2", "MatMul91", 200, 376),
    ],
)
def test_recorded_products_run_below_the_peak_and_near_it(shared_data, pattern, platform, operator, lowest, highest):
    trace = pipeline.read_traces([next((shared_data / "traces").glob(pattern))]).run
    profile = characterise(trace, platform=pipeline.catalogue().platform(platform))
    row = next(one for one in (*profile.aten_ops, *profile.operators) if one.name == operator)
    assert lowest < row.tflops < highest and row.tensor_core is True and row.shapes
    assert axis(profile, "tensor_core").state in ("estimated", "measured")


def test_few_kernels_of_recorded_traces_have_names_without_a_kind(shared_data):
    for pattern in ("*h100*", "*mi300*", "*b200*", "*resnet50*", "*vllm*", "*sglang*", "*timeline_analysis*"):
        trace = pipeline.read_traces([next((shared_data / "traces" / "kineto-chrome-trace").glob(pattern))]).run
        rows = characterise(trace, platform=None).operators
        assert sum(row.share for row in rows if row.category == "other") < 0.01


def test_the_text_of_a_collective_is_no_shape():
    assert shown_shape("allreduce;in=2049000;out=2049000;ranks=2") == ""
