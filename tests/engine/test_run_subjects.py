"""The report on a run has the six subjects of the trade, tells what was not recorded as such, and every table of an event trace."""

import msgspec
import pytest

from app.engine import pipeline
from app.engine.known import platforms_by_id
from app.engine.messages import message
from app.engine.model.profiles import (
    Advice,
    Collective,
    Communication,
    Dependence,
    Efficiency,
    Gap,
    NodeSummary,
    Steps,
    Straggler,
    TimeShares,
)
from app.engine.model.projects import Project, changed
from app.engine.model.proposals import Table, Text
from app.engine.proposing import build_proposal

SUBJECTS = {
    "zh": ("精度", "性能", "吞吐", "通信", "瓶颈", "规模"),
    "en": ("Precision", "Performance", "Throughput", "Communication", "Bottleneck", "Scale"),
}


@pytest.fixture(scope="module")
def sample():
    return pipeline.new_project(pipeline.sample_inputs())


def chapter(project: Project, lang: str):
    proposal = build_proposal(project, platforms_by_id(), lang)
    return next(section.blocks for section in proposal.sections if section.key == "characteristics")


def tables(blocks):
    return {block.name: block for block in blocks if isinstance(block, Table)}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_six_subjects_stand_in_their_order(sample, lang):
    heads = [block.text for block in chapter(sample, lang) if isinstance(block, Text) and block.style == "section"]
    assert tuple(head for head in heads if head in SUBJECTS[lang]) == SUBJECTS[lang]
    assert heads[-1] not in SUBJECTS[lang]  # the advice


def test_what_was_not_recorded_is_told(sample):
    found = tables(chapter(sample, "zh"))
    rows = {row[0]: row[1:] for row in found["run_communication"].rows}
    assert rows["InfiniBand"] == ("—", "未采集 · 日志中没有该指标") and rows["通信被计算掩盖"][0] == "—"
    assert {row[0]: row[1] for row in found["run_scale"].rows}["并行方式"] == "TP 2 · ZeRO-1"
    assert not {"time_shares", "gaps", "collectives", "stragglers", "nodes"} & found.keys()


def test_an_event_trace_and_a_cluster_have_their_tables(sample):
    profile = msgspec.structs.replace(
        sample.profile,
        communication=Communication(0.2, 0.05),
        time_shares=(TimeShares("", 0.62, 0.13, 0.02, 0.23),),
        steps=Steps("period", (0, 1), (1, 2), 0.312, 0.31, 0.33, 0.031),
        gaps=(Gap("dataloader", "enumerate(DataLoader)", 40, 2.4, 0.11),),
        collectives=(Collective("all_reduce", 512, 1.2, 2**26, 8, 23.1, 40.4),),
        efficiency=Efficiency(0.412, 128.0, message("profiling.no_platform")),
        stragglers=(Straggler("node3:5", "gpu_utilisation", 0.6, 0.95, 30.0),),
        nodes=(NodeSummary("node3", 8, "gpu_utilisation", 0.9, 0.1, "node3:5", 0.6),),
        dependence=(Dependence("compute", "high"),),
        advice=(Advice("high", message("profiling.advice.compute"), (), (0.05, 0.11)),),
    )
    blocks = chapter(changed(sample, profile=profile), "en")
    found = tables(blocks)
    assert found["time_shares"].rows[0][1:] == (0.62, 0.13, 0.02, 0.23) and found["gaps"].rows[0][2:] == (40, 2.4, 0.11)
    assert found["collectives"].rows[0] == ("all_reduce", 64.0, 512, 1.2, 23.1, 40.4)
    assert found["stragglers"].rows[0][0] == "node3:5" and found["nodes"].rows[0][5] == "node3:5"
    assert found["run_performance"].rows[3][:2] == ("Time per step", "312.0 ms ± 3.1%")
    assert found["run_communication"].rows[3][:2] == ("Communication hidden by computation", "75%")
    assert any(isinstance(block, Text) and "may save 5%–11%" in block.text for block in blocks)
