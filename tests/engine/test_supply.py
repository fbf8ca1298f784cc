"""Can it be supplied: every platform has a dated status with a source or is unknown; plans default to what can be supplied."""

import csv
import shutil

import pytest

from app.engine import known, pipeline
from app.engine.messages import LANGUAGES, has_entry, render, render_remedy
from app.engine.model.layers import FactChange
from app.engine.model.plans import PlanPoint, Price
from app.engine.model.quantities import Quantity
from app.engine.model.requirements import Requirement
from app.engine.model.workloads import RunParameters, Workload
from app.engine.paths import platform_db_folder
from app.engine.platform_store import STATUSES, check_database, effective
from app.engine.selecting import make_selection

B200, H200, A100, ASCEND, T4 = "nvidia-b200", "nvidia-h200-sxm-141gb", "nvidia-a100-sxm-80gb", "ascend-910b2", "nvidia-t4"


def select(speeds: dict[str, float], platforms=None, **more):
    points = [PlanPoint(name, 8, Quantity(v, "tokens/s", v * 0.9, v * 1.1, "estimated", "fitted"), "higher") for name, v in speeds.items()]
    prices = [Price(name, name, "", "card", 8, "card-hour", 1.0 + number, "CNY", 0.06) for number, name in enumerate(speeds)]
    return make_selection(
        points,
        prices,
        assessments=(),
        requirement=Requirement(work="86.4e9 tokens"),
        workload=Workload("w", "pretrain", run=RunParameters(seq_len=4096, global_batch=64)),
        platforms=platforms or pipeline.platforms_by_id(),
        **more,
    )


def test_every_platform_has_a_dated_status_and_none_is_claimed_without_a_source():
    platforms = known.shipped_catalogue().platforms
    for one in platforms:
        fact = one.facts["supply"]
        assert one.supply in STATUSES and fact.as_of and fact.source and fact.confidence
        assert one.supply == "unknown" or "no public source" not in fact.source
    counts = {status: sum(one.supply == status for one in platforms) for status in STATUSES}
    assert counts["restricted"] > 40 and counts["available"] > 25 and counts["unknown"] > 40


@pytest.mark.parametrize(
    "name", [B200, H200, A100, "nvidia-h100-sxm-80gb", "nvidia-a800-sxm-80gb", "nvidia-h20-96gb", "nvidia-rtx-4090", "amd-mi300x"]
)
def test_what_export_rules_name_is_restricted_with_its_date(name):
    one = pipeline.platforms_by_id()[name]
    assert one.supply == "restricted" and one.text("supply_since") >= "2022-08-26"


def test_the_fastest_plan_is_one_that_can_be_supplied():
    found = select({B200: 900_000, A100: 200_000, ASCEND: 100_000})
    assert {found.plans[number].platform for number in found.recommended.values()} == {ASCEND}
    reference = [plan for plan in found.plans if "reference_only" in plan.tags]
    assert [plan.platform for plan in reference] == [B200, A100] and found.plans[0].platform == ASCEND
    assert all("pareto" not in plan.tags for plan in reference) and "pareto" in found.plans[0].tags
    reasons = {gone.platform: gone.reason for gone in found.excluded}
    assert set(reasons) == {B200, A100}
    for lang in LANGUAGES:
        said = render(reasons[B200], lang)
        assert "2023-11-17" in said and "3A090" in said and "2026-11-25" in said


def test_unknown_supply_is_for_reference_too_and_says_so():
    found = select({T4: 1000, ASCEND: 900})
    assert found.recommended["highest_performance"] == 0 and found.plans[0].platform == ASCEND
    assert "reference_only" in found.plans[1].tags


def test_restricted_platforms_are_ranked_on_request_and_stay_marked():
    found = select({B200: 900_000, ASCEND: 100_000}, include_restricted=True)
    fastest = found.plans[found.recommended["highest_performance"]]
    assert fastest.platform == B200 and "not_supplied" in fastest.tags and found.excluded == ()


def test_a_site_that_has_the_cards_says_so_and_is_believed():
    own = FactChange(A100, "supply", "available", "stock list of the site", "2026-11-01")
    platforms = effective(known.shipped_catalogue(), None, (own,)).by_id
    assert select({A100: 200_000, ASCEND: 100_000}, platforms).plans[0].tags.count("reference_only") == 0


def test_nothing_that_can_be_supplied_leaves_no_recommendation():
    found = select({B200: 900_000})
    assert found.recommended == {} and len(found.plans) == 1


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(platform_db_folder(), tmp_path / "db", ignore=shutil.ignore_patterns("measured"))
    return tmp_path / "db"


def edit(folder, file, match, **cells):
    with (folder / file).open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    hit = next(row for row in rows if all(row[key] == value for key, value in match.items()))
    hit.update(cells)
    with (folder / file).open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("file", "match", "cells", "key", "code"),
    [
        ("supply.csv", {"platform": B200}, {"status": "soon"}, "status", "bad_status"),
        ("supply.csv", {"platform": B200}, {"status": "available"}, "status", "controlled"),
        ("supply.csv", {"platform": B200}, {"since": "2023-13-01"}, "since", "bad_date"),
        ("supply.csv", {"platform": B200}, {"source": ""}, "source", "no_source"),
        ("supply.csv", {"platform": B200}, {"platform": "gone"}, "platform", "no_such_platform"),
        ("supply.csv", {"platform": B200}, {"platform": A100}, "platform", "twice"),
        ("measured_rates.csv", {"platform": B200}, {"value": "-3"}, "value", "bad_number"),
        ("measured_rates.csv", {"platform": B200}, {"value": "1000000000"}, "value", "bad_number"),
        ("measured_rates.csv", {"platform": B200}, {"value": "fast"}, "value", "bad_number"),
        ("measured_rates.csv", {"platform": B200}, {"value": "9000"}, "matmul_bf16_tflops", "above_peak"),
        ("measured_rates.csv", {"platform": B200}, {"unit": "GFLOPS"}, "unit", "bad_unit"),
        ("measured_rates.csv", {"platform": B200}, {"tool": ""}, "tool", "no_tool"),
        ("measured_rates.csv", {"platform": B200}, {"quantity": "speed"}, "quantity", "no_such_key"),
        ("nodes.csv", {"id": "dgx-b200"}, {"cards": "-8"}, "cards", "bad_number"),
        ("nodes.csv", {"id": "dgx-b200"}, {"platform": "gone"}, "platform", "no_such_platform"),
        ("nodes.csv", {"id": "dgx-b200"}, {"id": "dgx-h100"}, "id", "twice"),
        ("nodes.csv", {"id": "dgx-b200"}, {"as_of": ""}, "as_of", "no_date"),
        ("nodes.csv", {"id": "dgx-b200"}, {"cooling": "cold"}, "cooling", "bad_cooling"),
        ("clusters.csv", {"id": "gb200-nvl72"}, {"node": "gone"}, "node", "no_such_node"),
        ("peak_definitions.csv", {"platforms": "*"}, {"definition": "sparse"}, "definition", "bad_definition"),
        ("accelerators.csv", {"id": B200}, {"memory_gb": "1e9"}, "memory_gb", "bad_number"),
        ("accelerators.csv", {"id": B200}, {"memory_bw_gbs": "8 TB/s"}, "memory_bw_gbs", "bad_number"),
        ("accelerators.csv", {"id": B200}, {"fabric_bw_one_direction_gbs": "3600"}, "fabric_bw_one_direction_gbs", "direction"),
        ("accelerators.csv", {"id": B200}, {"host_bw_gbs": "126"}, "host_bw_gbs", "direction"),
        ("accelerators.csv", {"id": B200}, {"fp8_tflops": "18000"}, "fp8_tflops", "maybe_sparse"),
    ],
)
def test_the_check_names_file_row_key_what_and_remedy(folder, file, match, cells, key, code):
    edit(folder, file, match, **cells)
    found = [one for one in check_database(folder) if one.what.code == f"platforms.{code}"]
    assert found and found[0].file == file and found[0].row and found[0].key == key
    assert all(has_entry(found[0].what.code, lang) and render_remedy(found[0].what, lang) for lang in LANGUAGES)


def test_effective_rates_are_facts_of_their_own_with_the_tool_that_measured_them():
    h100 = pipeline.platforms_by_id()["nvidia-h100-sxm-80gb"]
    assert (h100.number("achieved_bf16_tflops"), h100.number("matmul_fp8_tflops")) == (794.5, 1402.6)
    assert "MAMF" in h100.facts["matmul_fp8_tflops"].definition
    assert pipeline.platforms_by_id()["metax-c550"].number("copy_gbs") == 1390.5
    assert pipeline.platforms_by_id()["hygon-bw1000"].number("achieved_bf16_tflops") == 301.8


def test_peaks_say_how_they_are_meant():
    by_id = pipeline.platforms_by_id()
    assert by_id["nvidia-rtx-4090"].facts["bf16_tensor_tflops"].definition == "dense;tensor;accumulate_fp32;half_rate"
    assert by_id[ASCEND].facts["fp16_tensor_tflops"].definition.startswith("dense;cube_and_vector")
    assert by_id[ASCEND].facts["fabric_bw_one_direction_gbs"].definition == "one_direction"
    assert by_id["metax-c500-oam"].facts["bf16_tensor_tflops"].definition == "dense;assumed"


def test_servers_are_known_and_what_is_not_is_none():
    catalogue = known.shipped_catalogue()
    node = next(one for one in catalogue.servers if one.id == "dgx-h100")
    assert (node.cards, node.nics, node.nic_gbps, node.power_kw, node.cooling) == (8, 8, 400, 10.2, "air")
    assert next(one for one in catalogue.servers if one.id == "mthreads-s5000-node").power_kw is None
    assert {one.node for one in catalogue.clusters} <= {one.id for one in catalogue.servers}
