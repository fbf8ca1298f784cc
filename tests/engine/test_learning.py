"""What is learned from measured runs: shrinkage finds known effects, evidence survives a broken row."""

import math

import msgspec
import pytest

from app.engine import pipeline
from app.engine.model.measurements import MeasuredRun
from app.engine.paraselect import predict
from app.engine.paraselect.evidence import gather, read_evidence, write_evidence
from app.engine.paraselect.features import groups_by_names, load_of, rates_of, workload_kinds
from app.engine.paraselect.hierarchy import doubted
from app.engine.paraselect.learned import learn, read_settings, shipped_learned
from app.engine.paraselect.pooled import Pool

A100, H100, L40S, ASCEND = "nvidia-a100-sxm-80gb", "nvidia-h100-sxm-80gb", "nvidia-l40s", "ascend-910b2"


def row(number: int, case: str, platform: str, speed: float | None, **more) -> MeasuredRun:
    fields = {"unit": "samples/s", "precision": "bf16", "task": "pretrain", "workload": f"w{case}", "framework": "made", **more}
    return MeasuredRun(row=number, case=case, platform=platform, gpus=8, speed=speed, **fields)


def made(ratio: float, cases: int = 8) -> list[MeasuredRun]:
    """Return cases in which the Ascend card always runs at `ratio` of the A100."""
    found = []
    for number in range(cases):
        found += [row(2 * number + 1, str(number), A100, 10.0 + number), row(2 * number + 2, str(number), ASCEND, (10.0 + number) * ratio)]
    return found


def predicted(runs, learned=None):
    return predict(runs, pipeline.platforms_by_id(), pipeline.shipped_runs(), learned=learned)[-1]


@pytest.mark.parametrize("ratio", [0.4, 0.9, 1.5])
def test_a_ratio_that_every_workload_shows_is_learned(ratio):
    learned = learn(made(ratio), pipeline.platforms_by_id())
    found = predicted([row(1, "new", A100, 30.0), row(2, "new", ASCEND, None)], learned)
    assert found.value == pytest.approx(30 * ratio, rel=0.2) and found.low < 30 * ratio < found.high


def test_one_broken_row_does_not_decide():
    runs = made(0.9, 1) + [row(10 + n, f"b{n}", p, s, workload="w0") for n in range(4) for p, s in ((A100, 5.0), (ASCEND, 4.5))]
    runs += [row(90, "odd", A100, 5.0, workload="w0"), row(91, "odd", ASCEND, 500.0, workload="w0")]
    evidence = {one.platform: one for one in gather(runs, pipeline.platforms_by_id())}
    assert evidence[ASCEND].log_speed - evidence[A100].log_speed == pytest.approx(math.log(0.9), abs=0.01)
    assert evidence[ASCEND].cases == 6


def test_evidence_is_written_and_read_alike(tmp_path):
    evidence = gather(made(0.7), pipeline.platforms_by_id())
    write_evidence(tmp_path / "e.csv", evidence)
    again = read_evidence(tmp_path / "e.csv")
    assert [one.platform for one in again] == [one.platform for one in evidence]
    assert [one.log_speed for one in again] == pytest.approx([one.log_speed for one in evidence], abs=1e-5)


def test_what_ships_is_conditioned_once_and_knows_its_workloads():
    platforms = pipeline.platforms_by_id()
    assert shipped_learned(platforms) is shipped_learned(platforms)
    sibling = next(run for run in pipeline.shipped_runs() if run.case == "0d61a1a77b" and run.platform == ASCEND)
    runs = [row(1, "c", L40S, 100.0, workload=sibling.workload, task="inference", precision="fp16", unit="FPS")]
    found = predicted([*runs, row(2, "c", ASCEND, None, workload=sibling.workload, task="inference", precision="fp16", unit="FPS")])
    assert found.kind in ("transferred", "pooled") and found.low < found.value < found.high


def test_a_card_whose_architecture_was_never_measured_gets_a_band_only():
    found = predicted([row(1, "c", A100, 10.0), row(2, "c", "hygon-k100-ai", None)])
    assert found.out_of_range and found.notes[0].code == "paraselect.never_measured" and found.low < found.value < found.high


def test_the_terms_still_sum_to_the_time_beside_the_reference():
    found = predicted([row(1, "c", A100, 10.0), row(2, "c", H100, None)])
    assert sum(found.terms) == pytest.approx(10.0 / found.value) and any(note.code == "paraselect.learned" for note in found.notes)


def test_fp32_lies_between_the_vector_and_the_tensor_rate():
    a100 = pipeline.platforms_by_id()[A100]
    single, tensor, half = (rates_of(a100, precision, 1)[0] for precision in ("fp32", "tf32", "fp16"))
    assert single < tensor < half


@pytest.mark.parametrize(
    ("name", "area", "family"),
    [
        ("Llama-3-8B-isl128-osl128", "llm", "llama"),
        ("Mixtral-8x7B", "llm", "moe"),
        ("Qwen2-VL 7B", "multimodal", "multimodal"),
        ("ResNet50_BAM", "vision", "resnet"),
        ("DLE-TensorFlow2/BERT [large]", "encoder", "bert"),
        ("Wan-AI/Wan2.1-T2V-14B:text-to-video", "generation", "video"),
        ("GROMACS water", "particles", "particles"),
        ("FluidX3D-D3Q19-LBM", "grid", "grid"),
        ("a code of our own", "other", ""),
    ],
)
def test_a_workload_is_grouped_by_its_name(name, area, family):
    groups = groups_by_names("training-many", "bf16", "PyTorch 2.3", "somewhere", name.lower(), 2)
    assert groups.area == area and groups.family == (f"training {family}" if family else "")


def test_lengths_of_a_request_and_the_batch_do_not_make_another_model():
    short, long = (groups_by_names("inference-one", "fp16", "vLLM", "s", f"llama-2-7b-isl{n}-osl{n}", n // 128) for n in (128, 1024))
    assert short.model == long.model and short.workload != long.workload and short.load != long.load
    assert load_of(row(1, "c", A100, 1.0, micro_batch=4.0)) == load_of(row(1, "c", A100, 1.0, global_batch=32.0)) == 1
    assert load_of(row(1, "c", A100, 1.0)) is None


def test_every_kind_of_workload_says_where_a_judged_share_is_from():
    for kind in workload_kinds():
        assert kind.area and kind.family and (kind.compute_share is None or 0 <= kind.compute_share <= 1)


def test_a_known_row_that_all_others_contradict_hardly_moves_the_prediction():
    names = [A100, H100, L40S, "nvidia-a40", "nvidia-rtx-4090", "nvidia-l20"]
    sound = [row(n, "c", name, speed) for n, (name, speed) in enumerate(zip(names, (10.0, 20.0, 9.0, 5.0, 9.5, 6.0), strict=True), 1)]
    broken = [*sound[:3], msgspec.structs.replace(sound[3], speed=0.1), *sound[4:]]
    wanted = row(9, "c", "nvidia-a100-sxm-40gb", None)
    alone = predicted([*sound[:3], *sound[4:], wanted]).value
    assert predicted([*broken, wanted]).value == pytest.approx(alone, rel=0.2)
    assert predicted([sound[0], broken[3], wanted]).low < alone  # of two rows no one can tell which is broken


def test_what_all_else_contradicts_is_doubted():
    runs = made(0.9) + [row(90, "odd", A100, 5.0), row(91, "odd", ASCEND, 5000.0)]
    evidence = learned_evidence(runs)
    assert max(one.doubt for one in evidence if one.named.workload == "wodd") > 2 * max(
        one.doubt for one in evidence if one.named.workload != "wodd"
    )


def learned_evidence(runs):
    platforms = pipeline.platforms_by_id()
    return doubted(gather(runs, platforms), platforms, read_settings())


def test_a_class_with_one_family_of_workloads_claims_no_small_error():
    runs = [msgspec.structs.replace(run, workload="the only one") for run in made(0.8, 30)]
    kind = Pool(runs, pipeline.platforms_by_id()).of(runs[0])
    assert kind.pairs >= 20 and kind.low <= -1 and kind.high >= 1
