"""The words of the operator check agree with its count."""

from app.engine import pipeline


def test_all_is_said_only_where_all_are_listed():
    project = pipeline.new_project(pipeline.sample_inputs())
    found = [check for one in project.assessments for check in one.checks if check.check == "operators" and check.level == "ok"]
    assert found
    for check in found:
        good, count = dict(check.short.params)["good"], dict(check.short.params)["all"]
        assert (check.summary.code == "assessing.operators.supported") == (good == count)
        assert dict(check.summary.params).get("unknown", 0) == count - good
