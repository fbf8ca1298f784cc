"""The user's own measured runs: the library on disk, what of it is evidence, and predictions that learn from it only where asked."""

import math

import msgspec
import pytest

from app.engine import own_runs, pipeline, refitting
from app.engine.errors import Cancelled, EngineError
from app.engine.messages import render
from app.engine.model.estimates import Prediction
from app.engine.model.measurements import MeasuredRun
from app.engine.model.projects import Project, changed, stale_stages, with_stage
from app.engine.model.proposals import Text
from app.engine.model.verifications import TrialRun
from app.engine.proposing import build_proposal
from app.engine.recomputing import on_this_site

A100, ASCEND = "nvidia-a100-sxm-80gb", "ascend-910b2"
HEAD = "case,workload,task,precision,platform,gpus,speed,unit"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_HOME", str(tmp_path / "home"))


def table(path, *rows: str):
    path.write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    return path


def own_table(tmp_path, ratio=0.4, cases=6, name="own.csv"):
    rows = []
    for place in range(cases):
        for platform, speed in ((A100, 10 + place), (ASCEND, (10 + place) * ratio)):
            rows.append(f"c{place},w{place},pretrain,bf16,{platform},8,{speed:.4f},samples/s")
    return table(tmp_path / name, *rows)


def run(platform: str, speed: float | None, row: int = 1, **more) -> MeasuredRun:
    fields = {"case": "n", "workload": "new", "task": "pretrain", "precision": "bf16", "gpus": 8, "unit": "samples/s", **more}
    return MeasuredRun(row=row, platform=platform, speed=speed, **fields)


# The library ------------------------------------------------------------------------------------------------------------------------


def test_a_table_is_kept_whole_and_once(tmp_path):
    source = own_table(tmp_path)
    added = own_runs.add_table(source)
    again = own_runs.add_table(own_table(tmp_path, name="same under another name.csv"))
    (listed,) = own_runs.tables()
    assert added == again == listed and (listed.measured, listed.cases, listed.platforms) == (12, 6, (ASCEND, A100))
    (kept,) = own_runs.library_folder().iterdir()
    assert kept.read_bytes() == source.read_bytes()


def test_cases_of_different_tables_are_different_and_have_a_source(tmp_path):
    own_runs.add_table(own_table(tmp_path, name="one.csv"))
    own_runs.add_table(own_table(tmp_path, ratio=0.5, name="two.csv"))
    found = own_runs.library_runs()
    assert len({one.case for one in found}) == 12 and len(found) == 24
    assert {one.source.rpartition("-")[0] for one in found} == {"one", "two"}


def test_removed_by_the_beginning_of_its_name(tmp_path):
    own_runs.add_table(own_table(tmp_path, name="one.csv"))
    own_runs.add_table(own_table(tmp_path, ratio=0.5, name="ones.csv"))
    for unclear in ("one", "three", ""):
        with pytest.raises(EngineError, match="own_runs.no_such_table"):
            own_runs.remove_table(unclear)
    assert own_runs.remove_table("ones").name.startswith("ones-")
    assert [one.name.partition("-")[0] for one in own_runs.tables()] == ["one"]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (["c,w,pretrain,bf16,x,8,,samples/s"], "own_runs.nothing_measured"),
        (["c,w,pretrain,bf16,x,8,-4,samples/s"], "own_runs.nothing_measured"),
        ([], "paraselect.no_rows"),
    ],
)
def test_a_table_without_measurements_is_refused_and_leaves_nothing(tmp_path, rows, code):
    with pytest.raises(EngineError, match=code):
        own_runs.add_table(table(tmp_path / "bad.csv", *rows))
    assert own_runs.tables() == () and list(own_runs.library_folder().iterdir()) == []


def test_a_table_that_was_damaged_since_is_left_out_and_can_be_removed(tmp_path):
    name = own_runs.add_table(own_table(tmp_path)).name
    (own_runs.library_folder() / f"{name}.csv").write_bytes(b"\x00\x01")
    assert own_runs.tables() == () and own_runs.library_runs() == ()
    assert own_runs.remove_table(name).name == name and list(own_runs.library_folder().iterdir()) == []


def test_an_unknown_platform_is_kept_and_told(tmp_path):
    told = own_runs.add_table(table(tmp_path / "t.csv", "c,w,pretrain,bf16,no-such-card,8,4,samples/s"))
    assert told.unknown == ("no-such-card",) and told.platforms == ()


def test_runs_of_a_project_are_read_back_as_they_were():
    before = [run(A100, 30.5, micro_batch=4.0, better="higher", extra={"quantity": "speed"}), run(ASCEND, 12.0, row=2, source="trial, 1")]
    own_runs.add_runs("示例 / 1", before)
    found = own_runs.library_runs()
    assert [msgspec.structs.replace(one, case="n", precision_text="") for one in found] == [
        msgspec.structs.replace(one, source=one.source or found[0].source) for one in before
    ]
    with pytest.raises(EngineError, match="own_runs.nothing_measured"):
        own_runs.add_runs("none", [run(A100, None)])


# Evidence ---------------------------------------------------------------------------------------------------------------------------


def test_a_case_that_says_no_more_than_what_is_known_is_no_evidence():
    known = [run(A100, 30.0)]
    same = run(A100, 30.0, case="own: a")
    assert own_runs.beyond([same], known) == ()
    beside = run(ASCEND, 12.0, case="own: a")
    assert own_runs.beyond([same, beside], known) == (same, beside)


def test_trial_runs_of_a_project_stand_beside_its_own_runs():
    project = Project(measured=(run(A100, 30.0),), case="n", trials=(TrialRun(ASCEND, 8, 12.5, "samples/s"), TrialRun(ASCEND, 8, 3.0, "h")))
    found = own_runs.evidence_of(project)
    assert [(one.platform, one.speed, one.case) for one in found] == [(A100, 30.0, "trials"), (ASCEND, 12.5, "trials")]
    assert own_runs.evidence_of(changed(project, trials=())) == ()


# Predictions ------------------------------------------------------------------------------------------------------------------------


def test_own_runs_enter_only_where_they_are_asked_for_and_are_told(tmp_path):
    asked = [run(A100, 30.0), run(ASCEND, None, row=2)]
    before = pipeline.predict_table(asked)
    own_runs.add_table(own_table(tmp_path))
    assert pipeline.predict_table(asked) == before
    (with_own,) = pipeline.predict_table(asked, own=own_runs.library_runs())
    assert abs(math.log(with_own.value / 12.0)) < abs(math.log(before[0].value / 12.0))
    assert with_own.notes[-1].code == "own_runs.moved" and with_own.notes[-1].params["count"] == 12
    assert with_own.corrected.factor < before[0].corrected.factor
    assert with_own.corrected.cases == before[0].corrected.cases + 6


def test_a_prediction_carries_the_rates_of_its_class_precision_and_platform():
    (found,) = pipeline.predict_table([run(A100, 30.0, framework="ModelLink 1"), run(ASCEND, None, row=2)])
    assert (found.corrected.platform, found.corrected.kind, found.corrected.precision) == (ASCEND, "training-many", "bf16")
    assert found.software.stack.startswith("ModelLink") and found.software.kind == "training-many"
    (same_card,) = pipeline.predict_table([run(A100, 30.0), run(A100, None, row=2, gpus=16)])
    assert same_card.corrected.platform == A100 and same_card.software is None
    (nothing,) = pipeline.predict_table([run(A100, 30.0), run("no-such-card", None, row=2)])
    assert nothing.corrected is None


def test_the_same_own_runs_are_learned_once(tmp_path):
    own = own_runs.own_cases(pipeline.read_measured(own_table(tmp_path)).runs, "t")
    first = refitting.refit(own, pipeline.platforms_by_id())
    assert refitting.refit(list(own), pipeline.platforms_by_id()) is first
    assert refitting.refit(own[:-2], pipeline.platforms_by_id()) is not first


def test_a_cancelled_refit_leaves_nothing_behind(tmp_path):
    own = own_runs.own_cases(pipeline.read_measured(own_table(tmp_path, ratio=0.77)).runs, "t")

    def stop(share: float, _doing: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        refitting.refit(own, pipeline.platforms_by_id(), stop)
    told = []
    refitting.refit(own, pipeline.platforms_by_id(), lambda share, doing: told.append((share, doing)))
    assert [share for share, _ in told] == sorted(share for share, _ in told) and {doing for _, doing in told} == {"pipeline.doing.refit"}


def test_a_project_that_uses_own_runs_is_stale_when_they_change(tmp_path):
    plain = Project(measured=(run(A100, 30.0),), case="n")
    done = with_stage(plain, "predictions", predictions=())
    own_runs.add_table(own_table(tmp_path))
    assert on_this_site(done) is done and stale_stages(done) == ()
    using = on_this_site(changed(done, uses_own=True))
    assert using.own_digest and stale_stages(using) == ("predictions",)
    settled = with_stage(using, "predictions", predictions=())
    assert stale_stages(on_this_site(settled)) == ()
    own_runs.add_table(own_table(tmp_path, ratio=0.5, name="more.csv"))
    assert stale_stages(on_this_site(settled)) == ("predictions",)
    assert on_this_site(changed(settled, uses_own=False)).own_digest == ""


def test_the_proposal_tells_the_rates_of_the_recommended_platforms_and_that_own_runs_were_used():
    project = pipeline.new_project(pipeline.sample_inputs())
    recommended = {project.selection.plans[place].platform for place in project.selection.recommended.values() if place is not None}

    def texts(shown: Project) -> list[str]:
        proposal = build_proposal(shown, pipeline.platforms_by_id(), "zh")
        (section,) = [one for one in proposal.sections if one.key == "predictions"]
        return [block.text for block in section.blocks if isinstance(block, Text)]

    plain = texts(project)
    assert len([text for text in plain if "TFLOPS'" in text and "数据表" in text]) == len(recommended)
    assert not any("自有" in text for text in plain)
    assert any("自有" in text for text in texts(changed(project, own_digest="of some runs")))
    without = changed(project, settings=msgspec.structs.replace(project.settings, show_formula=False))
    assert not any("TFLOPS'" in text for text in texts(without))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_changed_is_told_once_per_platform_the_largest_first(lang):
    def at(platform: str, value: float, gpus: int) -> Prediction:
        return Prediction(1, "n", platform, gpus, value=value, low=value / 2, high=value * 2)

    before = [at("a", 10.0, 8), at("a", 80.0, 64), at("b", 10.0, 8), at("c", 10.0, 8)]
    after = [at("a", 11.0, 8), at("a", 90.0, 64), at("b", 20.0, 8), at("c", 10.0, 8)]
    said = refitting.changes_said(before, after, 14, str.upper)
    assert said.params["changes"] == ["B 10.0 → 20.0", "A 80.0 → 90.0"] and "14" in render(said, lang)
    assert refitting.changes_said(before, before, 14, str.upper).code == "own_runs.unchanged"
