"""A project in which nothing was measured: the workload model tells every platform whose facts are known, the rest say what lacks."""

from msgspec.structs import replace

from app.engine import pipeline
from app.engine.model.projects import changed


def test_predictions_come_from_the_model_where_nothing_was_measured():
    sample = pipeline.new_project(pipeline.sample_inputs())
    bare = pipeline.recompute(changed(sample, measured=(), workload=replace(sample.workload, measured=None)))
    told = {one.platform: one for one in bare.predictions}
    assert told.keys() == {platform.id for platform in pipeline.catalogue().platforms}
    known = [one for one in told.values() if one.value is not None]
    assert len(known) > 40 and all(one.kind == "modelled" and one.low < one.value < one.high for one in known)
    assert told["nvidia-h100-sxm-80gb"].value > told["nvidia-a100-sxm-80gb"].value
    assert all(one.notes for one in told.values() if one.value is None)
    assert bare.selection.plans and bare.fit is None
