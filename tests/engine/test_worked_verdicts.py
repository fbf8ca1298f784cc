"""Five worked cases: what fits, in which precision, on how many cards, and what the port takes."""

import pytest
from msgspec.structs import replace

from app.engine import pipeline
from app.engine.messages import LANGUAGES, render
from app.engine.model.assessments import STAGES, EffortSettings
from app.engine.model.profiles import Bottleneck, OperatorStat, Profile
from app.engine.model.workloads import Model, RunParameters, Workload
from app.engine.workload.presets import load_presets

A100, ASCEND, H200, H800 = "nvidia-a100-sxm-80gb", "ascend-910b2", "nvidia-h200-sxm-141gb", "nvidia-h800-sxm-80gb"
SHAPES = {preset.name: preset.model for preset in load_presets()}
LLAMA = Workload(
    "Llama3-8B", "finetune", "bf16", framework="pytorch 2.3", engine="llama-factory", model=SHAPES["Llama-3.1-8B"],
    run=RunParameters(platform=A100, gpus=8, seq_len=2048, micro_batch=2, global_batch=64, zero_stage=3),
)  # fmt: skip
GEMMA = Workload(
    "Gemma2-9B", "inference", "bf16", engine="transformers", model=SHAPES["Gemma-2-9B"],
    run=RunParameters(platform=A100, gpus=1, concurrency=8, input_len=1024, output_len=256),
)  # fmt: skip
DEEPSEEK = Workload(
    "DeepSeek-V3", "inference", "fp8", engine="vllm", model=SHAPES["DeepSeek-V3"],
    run=RunParameters(platform=H200, gpus=8, tensor_parallel=8, concurrency=16, input_len=2048, output_len=512),
)  # fmt: skip
CFD = Workload(
    "CFD", "hpc", "fp64", run=RunParameters(platform=A100, gpus=8, units=2e7),
    model=Model(family="hpc", fp64_flop_per_unit=1e4, bytes_per_unit=2e3, resident_bytes_per_unit=1e3),
)  # fmt: skip
SDXL = Workload(
    "SDXL", "finetune", "fp16", model=SHAPES["Stable Diffusion XL UNet"],
    run=RunParameters(platform=A100, gpus=8, micro_batch=1, global_batch=8),
)  # fmt: skip


def assessed(workload, platform, **more):
    return pipeline.assess_workload(workload, platforms=[pipeline.platforms_by_id()[platform]], **more)[0]


def finding(one, check):
    return next(found for found in one.checks if found.check == check)


def told(one, check, lang="en"):
    found = finding(one, check)
    parts = [found.summary, *(each.text for each in found.evidence), *([found.remedy] if found.remedy else [])]
    return "\n".join(render(part, lang) for part in parts)


def codes(one, check):
    return {each.text.code.removeprefix(f"assessing.{check}.") for each in finding(one, check).evidence}


def test_llama_fine_tuning_moves_to_ascend():
    one = assessed(LLAMA, ASCEND)
    assert one.verdict == "adapt" and finding(one, "vram").level == finding(one, "precision").level == "ok"
    assert {item.text.code.removeprefix("assessing.item.") for item in one.effort.items} >= {"precision_alignment", "data_migration"}
    assert assessed(LLAMA, A100).verdict == "ready" and assessed(LLAMA, A100).effort.person_days[1] < one.effort.person_days[1]


def test_gemma_inference_on_ascend_needs_an_engine_and_an_accuracy_check():
    one = assessed(GEMMA, ASCEND)
    names = {item.text.code.removeprefix("assessing.item.") for item in one.effort.items}
    assert one.verdict == "adapt" and {"inference_engine", "accuracy_evaluation"} <= names and "precision_alignment" not in names


def test_fp8_without_fp8_says_format_gib_and_cards():
    ascend, a100 = assessed(DEEPSEEK, ASCEND), assessed(DEEPSEEK, A100)
    assert ascend.verdict == a100.verdict == "adapt" and assessed(DEEPSEEK, H200).verdict == "ready"
    assert finding(ascend, "precision").summary.code == "assessing.precision.lacking"
    assert finding(a100, "precision").summary.code == "assessing.precision.emulated"
    as_other = {
        each.text.params["precision"]: each.text.params
        for each in finding(ascend, "precision").evidence
        if each.text.code.startswith("assessing.precision.as_other")
    }
    assert as_other["BF16"]["total"] > 1.8 * as_other["INT8"]["total"] and as_other["BF16"]["cards"] == 2 * as_other["INT8"]["cards"] == 32
    assert "counted_as" in codes(ascend, "vram") and "counted_as" not in codes(a100, "vram")
    assert finding(ascend, "vram").level == "warning" and "32" in told(ascend, "vram")


def test_fp64_is_compared_with_the_card_in_use():
    h800, ascend = assessed(CFD, H800), assessed(CFD, ASCEND)
    assert h800.verdict == "adapt" and finding(h800, "precision").summary.params["factor"] == pytest.approx(1 / 9.7)
    assert "19.5" in told(h800, "precision") and any(work.code == "fp64_rework" for work in finding(h800, "precision").work)
    assert ascend.verdict == "blocked" and ascend.reason.code == "assessing.reason.blocked"
    assert assessed(CFD, A100).verdict == "ready" and finding(assessed(CFD, "hygon-bw1000"), "precision").level == "ok"


def test_sdxl_on_a_cuda_compatible_card():
    one = assessed(SDXL, "metax-c500-oam")
    assert one.verdict == "adapt" and finding(one, "precision").level == "ok" and finding(one, "vram").level in ("ok", "warning")


@pytest.mark.parametrize(
    ("platform", "precision", "level", "effect"),
    [
        ("nvidia-v100-sxm2-32gb", "bf16", "warning", "effect.bf16_emulated"),
        ("nvidia-t4", "bf16", "warning", "effect.bf16_emulated"),
        ("ascend-910a", "bf16", "warning", "effect.fp16_range"),
        (ASCEND, "tf32", "ok", "effect.hf32"),
        ("amd-mi300x", "fp8", "warning", "effect.fp8_fnuz"),
        ("ascend-950pr-server", "fp8", "warning", "effect.fp8_other"),
        ("nvidia-b200", "fp8", "ok", "effect.fp8_mx"),
    ],
)
def test_formats_that_differ_are_said(platform, precision, level, effect):
    one = assessed(replace(LLAMA, precision=precision), platform)
    assert finding(one, "precision").level == level and effect in codes(one, "precision")


def test_what_the_trace_computes_in_is_set_beside_what_is_declared():
    names = ("sm80_xmma_gemm_f32f32_tf32f32_f32_nn", "ampere_bf16_s16816gemm_bf16_128x64", "cutlass_80_tensorop_d884gemm_64x64")
    stats = tuple(OperatorStat(name, "compute", 1, time, 0.0) for name, time in zip(names, (6.0, 3.0, 1.0), strict=True))
    profile = Profile(A100, 10.0, (0, 1), (), "unknown", {}, Bottleneck("unknown"), operators=stats)
    one = assessed(LLAMA, ASCEND, profile=profile)
    assert {"seen", "differs", "also"} <= codes(one, "precision")
    assert "TF32 60%" in told(one, "precision") and "FP64" in told(one, "precision")


def test_vram_cites_what_the_card_reports_and_every_remedy():
    one = assessed(replace(LLAMA, run=replace(LLAMA.run, zero_stage=0, micro_batch=4)), A100)
    found = finding(one, "vram")
    sources = [each.source for each in found.evidence if each.text.code.startswith("assessing.vram.free")]
    assert found.level == "warning" and sources and pipeline.platforms_by_id()[A100].reported["free_gib"].source in sources[0]
    assert {"after"} <= codes(one, "vram") and found.work


def test_a_stage_is_its_pieces_and_a_rest():
    """Named work is taken out of what experience gives, of which a part always stays; nothing counts twice."""
    priors = pipeline.knowledge().effort
    for workload in (LLAMA, GEMMA, DEEPSEEK, CFD):
        for one in pipeline.assess_workload(workload):
            assert len({item.key for item in one.effort.items}) == len(one.effort.items)
            for stage, name in zip(one.effort.stages, STAGES, strict=True):
                named = [sum(item.person_days[end] for item in one.effort.items if item.stage == name) for end in range(3)]
                assert stage.prior == priors.sizes[stage.size] and stage.rest[0] <= stage.rest[1] <= stage.rest[2]
                assert stage.person_days == pytest.approx([named[end] + stage.rest[end] for end in range(3)])
                assert stage.person_days[1] == pytest.approx(max(stage.prior[1], named[1] + priors.unnamed_share * stage.prior[1]))
            totals = [sum(stage.person_days[end] for stage in one.effort.stages) for end in range(3)]
            assert one.effort.person_days == pytest.approx(totals) and totals[0] <= totals[1] <= totals[2]


def test_a_project_sets_days_rate_and_currency():
    before = assessed(LLAMA, ASCEND)
    item = next(item for item in before.effort.items if item.text.code == "assessing.item.tuning")
    rest = before.effort.stages[0].key
    own = EffortSettings(rate=300.0, currency="USD", days={item.key: (1.0, 1.0, 1.0), rest: (0.0, 0.0, 0.0)})
    after = assessed(LLAMA, ASCEND, effort=own).effort
    assert (after.rate, after.currency, after.stages[0].person_days) == (300.0, "USD", (0.0, 0.0, 0.0))
    assert next(one for one in after.items if one.key == item.key).default == item.person_days
    assert after.cost == pytest.approx([days * 300 for days in after.person_days])
    assert assessed(LLAMA, A100, effort=replace(own, rate=None)).effort.rate == before.effort.rate


def test_other_unknown_checks_are_named_and_decide_nothing():
    one = assessed(LLAMA, A100)
    unknown = [found for found in one.checks if found.level == "unknown"]
    assert one.verdict == "ready" and unknown and one.reason.params["count"] == len(unknown)
    for lang in LANGUAGES:
        assert "8" in render(one.reason, lang) and "—" not in render(one.reason, lang)
