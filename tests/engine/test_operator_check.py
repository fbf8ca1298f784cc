"""The operator check: names of real traces mapped to the list, families judged, libraries, precision, fallback, and what is implied."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.assessing._implied_operators import implied_operators
from app.engine.assessing._operator_judging import Judged, fallback_cost
from app.engine.assessing._operator_names import naming
from app.engine.assessing._operator_support import CLASSES, operator_support
from app.engine.assessing._operator_usage import Used, float_types, usage
from app.engine.messages import has_entry, render
from app.engine.model.assessments import Finding
from app.engine.model.porting import Found, Scan
from app.engine.model.profiles import Bottleneck, OperatorStat, Profile
from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.porting import operators_of

ASCEND, H100, GAUDI, METAX = "ascend-910b2", "nvidia-h100-sxm-80gb", "intel-gaudi", "metax-maca"
FULL = ("nvidia-cuda", "amd-rocm", "huawei-ascend", "moorethreads-musa", "cambricon-mlu", "intel-xpu", "intel-gaudi")
TOYS = ("before_fix_trace",)
"""Made to show one thing about the profiler: its one operator is called op1."""


@pytest.fixture(scope="module")
def known():
    return pipeline.knowledge()


def profile_of(*rows: OperatorStat, kernels: tuple[OperatorStat, ...] = ()) -> Profile:
    return Profile("", 1.0, (0, 10**9), (), "unknown", {}, Bottleneck(""), operators=kernels, aten_ops=rows)


def op(name: str, time_s: float, calls: int = 10, shapes: str = "", size: float | None = None) -> OperatorStat:
    return OperatorStat(name, "cpu", calls, time_s, time_s, 0.001, shapes, bytes=size)


def check(assessments, platform: str) -> Finding:
    return next(one for found in assessments if found.platform == platform for one in found.checks if one.check == "operators")


def assessed(*rows: OperatorStat, precision: str = "bf16", scan: Scan | None = None, **more):
    workload = Workload("w", "pretrain", precision=precision, framework="pytorch 2.3.1", **more)
    return pipeline.assess_workload(workload, profile=profile_of(*rows) if rows else None, scan=scan)


def words(finding: Finding, lang: str = "en") -> str:
    said = [render(finding.summary, lang), *(render(one.text, lang) for one in finding.evidence)]
    return "\n".join([*said, render(finding.remedy, lang) if finding.remedy else ""])


def test_all_is_said_only_where_all_are_listed():
    project = pipeline.new_project(pipeline.sample_inputs())
    found = [one for each in project.assessments for one in each.checks if one.check == "operators" and one.level == "ok"]
    assert found
    for one in found:
        good, count = dict(one.short.params)["good"], dict(one.short.params)["all"]
        assert (one.summary.code == "assessing.operators.supported") == (good == count)
        assert dict(one.summary.params).get("unknown", 0) == count - good


def test_recorded_kineto_traces_map_to_the_list_for_at_least_seven_families(shared_data, known):
    """>= 98 % of the time of operators, of every trace with device events."""
    read = 0
    for path in sorted((shared_data / "traces" / "kineto-chrome-trace").iterdir()):
        if any(toy in path.name for toy in TOYS):
            continue
        profile = pipeline.profile_trace(pipeline.read_traces([path]).run)
        used = usage(profile, known)
        if used is None or not profile.operators:
            continue
        read += 1
        assert used.mapped >= 0.98, path.name
        stated = {
            family: sum(one.share for one in operator_support(used.operators, family, known, "bf16") if one.support != "unknown")
            for family in known.families
        }
        assert sum(share >= 0.98 for share in stated.values()) >= 7, (path.name, stated)
    assert read >= 20


def test_an_ascend_trace_is_told_by_its_operator_types(shared_data, known):
    profile = pipeline.profile_trace(pipeline.read_traces([next((shared_data / "traces" / "ascend-kernel_details-csv").iterdir())]).run)
    used = usage(profile, known)
    assert used.basis == "kernels" and used.mapped >= 0.98
    assert {"aten::mm", "c10d::allreduce_"} <= {one.name for one in used.operators}
    host = usage(
        pipeline.profile_trace(pipeline.read_traces([next((shared_data / "traces" / "ascend-trace_view-json").iterdir())]).run), known
    )
    assert host.basis == "host" and host.mapped >= 0.98


@pytest.mark.parametrize(
    ("name", "operator", "library"),
    [
        ("aten::add_", "aten::add", ""),
        ("aten::add.Tensor", "aten::add", ""),
        ("aten::_fused_adamw_", "aten::_fused_adamw", ""),
        ("aten::__ilshift__", "aten::__ilshift__", ""),
        ("aten::cudnn_convolution", "aten::convolution", ""),
        ("aten::miopen_batch_norm_backward", "aten::native_batch_norm_backward", ""),
        ("aten::_flash_attention_backward", "aten::scaled_dot_product_attention", ""),
        ("aten::cudnn_grid_sampler", "aten::grid_sampler", ""),
        ("nccl:all_reduce", "c10d::allreduce_", ""),
        ("nccl:_all_gather_base", "c10d::_allgather_base_", ""),
        ("hccl:reduce_scatter", "c10d::_reduce_scatter_base_", ""),
        ("symm_mem::multimem_all_reduce_", "c10d::allreduce_", ""),
        ("c10d::alltoall_base_", "c10d::alltoall_base_", ""),
        ("triton_poi_fused_add_0", "triton::kernel", ""),
        ("aclnnInplaceMuls", "aten::mul", ""),
        ("aclnnThresholdBackward", "aten::threshold_backward", ""),
        ("MatMulV3", "aten::mm", ""),
        ("flash_attn::_flash_attn_varlen_forward", "aten::scaled_dot_product_attention", "flash-attn"),
        ("xformers_flash::flash_fwd", "aten::scaled_dot_product_attention", "xformers"),
        ("vllm::moe_forward", "aten::_grouped_mm", "vllm"),
        ("_C::fused_add_rms_norm", "aten::_fused_rms_norm", "vllm"),
        ("bitsandbytes::quantize_4bit", "aten::_to_copy", "bitsandbytes"),
        ("mylab::secret_kernel", "", "custom-kernel"),
    ],
)
def test_a_name_means_an_operator_or_a_kernel_of_a_library(known, name, operator, library):
    meaning = naming(known).of_host(name)
    assert meaning.operator == operator and (meaning.kernel.library if meaning.kernel else "") == library


@pytest.mark.parametrize(
    "name",
    ["ProfilerStep#3", "Optimizer.step#AdamW.step", "AddmmBackward0",
     "autograd::engine::evaluate_function: AddmmBackward0", "cudaLaunchKernel",
     "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__", "torch::autograd::AccumulateGrad"],
)  # fmt: skip
def test_marks_and_wrappers_are_no_operators(known, name):
    assert naming(known).of_host(name) is None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=40) | st.from_regex(r"[a-z_]{1,9}::[A-Za-z_.0-9]{1,20}"), st.sampled_from(["matrix", "other", "", "wait"]))
def test_any_name_is_taken(name, category):
    rules = naming(pipeline.knowledge())
    rules.of_host(name), rules.of_kernel(name, category), float_types(name)


def test_every_row_of_the_tables_points_to_something(known):
    porting = known.porting
    listed = known.canonical
    assert {rule.operator for rule in porting.names if "\\" not in rule.operator} <= {"", *listed}
    assert {kernel.parent for kernel in porting.kernels} <= {"", *listed}
    topics = {rule.topic for rule in porting.rules} | {kernel.library for kernel in porting.kernels}
    assert topics - {""} <= porting.verdicts.keys()
    strategies = {facts.compat_strategy for facts in known.families.values()}
    for rows in porting.verdicts.values():
        assert rows.keys() <= {"*", *known.families, *strategies}
        assert all(row.source and row.instead_zh and row.instead_en for row in rows.values())
        assert all(
            porting.verdict(row.topic, family, facts.compat_strategy) for row in rows.values() for family, facts in known.families.items()
        )
    for topic in topics - {""}:
        assert has_entry(f"scan.topic.{topic.replace('.', '_')}", "zh")
    for name in CLASSES:
        assert has_entry(f"assessing.support.{name}", "en")
    for row in porting.implied:
        assert row.operator in listed or row.operator.startswith("bitsandbytes::")


def test_libraries_are_replaced_by_family_with_share_and_source():
    found = assessed(op("aten::mm", 0.7), op("flash_attn::_flash_attn_forward", 0.3))
    ascend, nvidia = check(found, ASCEND), check(found, H100)
    assert nvidia.level == "ok" and ascend.level == "warning"
    assert "flash_attn::_flash_attn_forward (30.0%)" in words(ascend) and "npu_fusion_attention" in words(ascend)
    assert any("hiascend" in one.source for one in ascend.evidence)
    effort = next(one.effort for one in found if one.platform == ASCEND)
    assert [render(item.text, "en") for item in effort.items if item.check == "operators"] == ["Replace or rebuild flash-attn"]


def test_an_own_kernel_must_be_written_where_it_cannot_be_rebuilt():
    found = assessed(op("aten::mm", 0.5), op("mylab::secret", 0.5))
    assert "mylab::secret (50.0%)" in words(check(found, ASCEND)) and check(found, ASCEND).level == "warning"
    items = next(one.effort for one in found if one.platform == ASCEND).items
    assert [render(item.text, "en") for item in items if item.check == "operators"] == ["Write fused operator mylab::secret"]


def test_a_precision_that_the_list_lacks_is_told_for_operators_that_work(known):
    found = operator_support(
        (Used("aten::mm", 3, 0.9, 0.9, True, ("fp64",)), Used("aten::as_strided", 9, 0.0, 0.0, True, ("fp64",))),
        "huawei-ascend",
        known,
        "fp64",
    )
    assert [(one.support, one.lacking) for one in found] == [("dtype", ("fp64",)), ("native", ())]
    assert float_types("[[2,3],[3]] bf16,fp32,int64") == ("bf16", "fp32") and float_types("[[2]]") == ()


def test_compatible_families_inherit_and_say_so(known):
    (own, inherited) = operator_support(
        (Used("aten::mm", 1, 0.5, 1, True), Used("aten::_foreach_lerp", 1, 0.5, 1, True)), METAX, known, None
    )
    assert not own.inferred and inherited.inferred and inherited.support == "native"


def test_fallback_costs_the_way_to_the_host_and_back(known):
    used = (Used("aten::mm", 10, 0.9, 0.9, True), Used("aten::x", 100, 0.1, 0.1, True, bytes=2e9))
    judged = Judged(operator_support(used, "huawei-ascend", known, None), "device", 1.0)
    cost = fallback_cost([judged.operators[1]], judged, 20.0)
    assert cost.low_s == pytest.approx(0.1 + 100 * 20e-6) and cost.high_s > cost.low_s and not cost.judged
    guessed = fallback_cost([judged.operators[1]], judged, None)
    assert guessed.judged and guessed.high > guessed.low > 0
    assert fallback_cost([], judged, 20.0) is None


def test_without_a_trace_the_model_family_implies_operators(known):
    llama = Workload("w", "pretrain", precision="bf16", model=Model("llama", vocab=32000), run=RunParameters(gpus=8, zero_stage=1))
    names = {one.name for one in implied_operators(llama, known)}
    assert {"aten::mm", "aten::silu", "aten::_fused_adamw", "c10d::allreduce_", "aten::scaled_dot_product_attention"} <= names
    moe = {one.name for one in implied_operators(Workload("w", "inference", model=Model("qwen3-moe")), known)}
    assert {"aten::topk", "aten::_grouped_mm"} <= moe and "aten::_fused_adamw" not in moe
    assert "aten::convolution" in {one.name for one in implied_operators(Workload("w", "pretrain", model=Model("resnet")), known)}
    assert not implied_operators(Workload("w", "hpc", model=Model("hpc")), known)
    finding = check(pipeline.assess_workload(llama), ASCEND)
    assert finding.level == "ok" and "implied by the model family, not seen" in words(finding)
    assert check(pipeline.assess_workload(Workload("w", "hpc", precision="fp64")), ASCEND).level == "unknown"


def test_a_scan_is_evidence():
    scan = Scan(
        "src", 1, 10, findings=(Found("a/setup.py", 7, "extension", "torch.utils.cpp_extension.CUDAExtension", "cuda-extension", 2),)
    )
    found = assessed(op("aten::mm", 1.0), scan=scan)
    assert check(found, H100).level == "ok"
    ascend = check(found, ASCEND)
    assert ascend.level == "warning" and "a/setup.py:7" in words(ascend) and "Ascend C" in words(ascend)
    assert check(assessed(precision="bf16", scan=scan), ASCEND).level == "warning"


def test_kernels_alone_are_told_by_their_kind(known):
    rows = (OperatorStat("Cijk_Ailk", "matrix", 3, 0.8, 0.8), OperatorStat("event_wait", "wait", 3, 0.2, 0.2))
    used = usage(profile_of(kernels=rows), known)
    assert used.basis == "kernels" and [one.name for one in used.operators] == ["aten::mm"] and used.operators[0].by_class


def test_the_table_of_one_platform():
    project = pipeline.new_project(pipeline.sample_inputs())
    rows = operators_of(project, pipeline.platforms_by_id()[ASCEND])
    assert rows and all(row.support in CLASSES for row in rows)
    shares = [row.share for row in rows]
    assert shares == sorted(shares, reverse=True) and sum(shares) <= 1.0001


def test_what_a_trace_shows_at_work_is_no_question_where_it_was_recorded():
    rows = (op("aten::mm", 0.5), op("mylab::secret", 0.5))
    here = check(assessed(*rows, run=RunParameters(platform=ASCEND)), ASCEND)
    assert here.level == "ok" and "aten" not in here.summary.code
