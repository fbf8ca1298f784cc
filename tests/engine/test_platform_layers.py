"""Three layers: what ships, the site, the project. Overrides are marked, keep their history and go away again; packs cannot do harm."""

import json
import os

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine import known, pipeline, platform_base
from app.engine.errors import EngineError, NewerVersion
from app.engine.messages import LANGUAGES, has_entry, render, render_remedy
from app.engine.model.layers import Cluster, FactChange, OwnPlatform, Server, SiteData
from app.engine.model.projects import Project, changed, stale_stages
from app.engine.platform_store import (
    KEYS,
    NUMBERS,
    check_site,
    checked_value,
    effective,
    history,
    merged,
    read_pack,
    read_site,
    write_pack,
    write_site,
)
from app.engine.platform_store.site import MARK, Pack
from app.engine.project_file import load_project, save_project
from app.engine.recomputing import on_this_site

B2, A100 = "ascend-910b2", "nvidia-a100-sxm-80gb"


@pytest.fixture(autouse=True)
def own_site(tmp_path, monkeypatch):
    monkeypatch.setenv("SUANXUAN_SITE", str(tmp_path / "site"))
    return tmp_path / "site"


def change(key="memory_bw_gbs", value=1500.0, platform=B2, **more):
    return FactChange(platform, key, value, more.pop("source", "test record 3"), more.pop("as_of", "2026-11-20"), **more)


def test_without_layers_the_shipped_catalogue_is_the_same_object():
    assert known.catalogue() is known.shipped_catalogue() is known.catalogue_of(Project())


def test_a_project_covers_the_site_covers_what_ships_and_undo_goes_back_step_by_step():
    shipped = known.shipped_catalogue().platform(B2)
    platform_base.change_in_site(change(value=1400.0, who="site"))
    project = platform_base.change_in_project(Project(), change(value=1300.0, who="me"))
    fact = known.catalogue_of(project).platform(B2).facts["memory_bw_gbs"]
    assert (fact.value, fact.layer, fact.who, fact.unit, fact.definition) == (1300.0, "project", "me", "GB/s", "data_sheet")
    assert [(one.layer, one.value) for one in history(known.catalogue_of(project).platform(B2), "memory_bw_gbs")] == [
        ("project", 1300.0),
        ("site", 1400.0),
        ("shipped", 1600.0),
    ]
    assert known.catalogue().platform(B2).number("memory_bw_gbs") == 1400.0
    project = platform_base.undone_in_project(project, B2, "memory_bw_gbs")
    assert known.catalogue_of(project).platform(B2).number("memory_bw_gbs") == 1400.0
    platform_base.undo_in_site(B2, "memory_bw_gbs")
    assert known.catalogue().platform(B2) == shipped


def test_undo_of_the_site_takes_back_the_last_change_only():
    platform_base.change_in_site(change(value=1400.0))
    platform_base.change_in_site(change("tdp_w", 390.0))
    assert platform_base.undo_last_in_site().key == "tdp_w"
    assert known.catalogue().platform(B2).number("memory_bw_gbs") == 1400.0
    assert platform_base.undo_last_in_site() and platform_base.undo_last_in_site() is None


def test_links_and_the_effective_rate_follow_their_facts():
    changes = (change("host_bw_gbs", 63.0), change("fabric_bw_one_direction_gbs", None), change("matmul_bf16_tflops", 310.0))
    one = effective(known.shipped_catalogue(), None, changes).platform(B2)
    assert one.host.one_direction_gbs == 63.0 and one.fabric.one_direction_gbs is None
    assert one.number("achieved_bf16_tflops") == 310.0


def test_a_change_makes_what_was_computed_stale_and_old_hashes_stay_good():
    project = changed(pipeline.new_project(pipeline.sample_inputs(), compute=False), trace=None, comparison=None)
    project = pipeline.recompute(project)
    assert not stale_stages(project)
    assert "predictions" in stale_stages(platform_base.change_in_project(project, change()))
    platform_base.change_in_site(change("memory_bw_gbs", 1400.0, A100))
    assert "assessments" in stale_stages(on_this_site(project)) and not stale_stages(pipeline.recompute(project))


def test_a_project_keeps_its_changes_in_its_file(tmp_path):
    project = platform_base.change_in_project(Project(name="p"), change())
    save_project(project, tmp_path / "p.sxp")
    assert load_project(tmp_path / "p.sxp").platform_changes == project.platform_changes


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("memory_bw_gbs", -1.0, "bad_number"),
        ("memory_bw_gbs", 1e9, "bad_number"),
        ("memory_bw_gbs", "fast", "bad_number"),
        ("memory_bw_gbs", float("nan"), "bad_number"),
        ("tdp_w", 0.0, "bad_number"),
        ("no_such_key", 1.0, "no_such_key"),
        ("supply", "maybe", "bad_status"),
        ("supply_since", "soon", "bad_date"),
        ("architecture", "x\n" * 3 + "y", "bad_text"),
    ],
)
def test_absurd_facts_are_refused_with_place_and_remedy(key, value, code):
    with pytest.raises(EngineError) as caught:
        platform_base.change_in_site(change(key, value))
    assert caught.value.message.code == f"platforms.{code}" and caught.value.place == f"{B2}:{key}"
    assert all(render_remedy(caught.value.message, lang) for lang in LANGUAGES)


@pytest.mark.parametrize(
    ("more", "code"), [({"source": " "}, "no_source"), ({"as_of": ""}, "no_date"), ({"as_of": "2999-01-01"}, "bad_date")]
)
def test_a_fact_needs_source_and_date(more, code):
    with pytest.raises(EngineError) as caught:
        platform_base.change_in_project(Project(), change(**more))
    assert caught.value.message.code == f"platforms.{code}"


def test_own_platforms_start_from_another_and_are_found_by_name():
    site = SiteData(
        platforms=(
            OwnPlatform("my-910b2", "910B2 of ours", "我们的910B2", based_on="my-base"),
            OwnPlatform("my-base", "base", based_on=B2),
        ),
        changes=(change("memory_gb", 60.0, "my-910b2"),),
        servers=(Server("my-node", "our node", "my-910b2", 8, source="delivery note", as_of="2026-10"),),
        clusters=(Cluster("my-cluster", "our cluster", "my-node", 16, source="delivery note", as_of="2026-10"),),
    )
    assert check_site(site, known.shipped_catalogue()) == []
    found = effective(known.shipped_catalogue(), site)
    own = found.platform("my-910b2")
    assert own.number("memory_gb") == 60.0 and own.number("bf16_tensor_tflops") == 353.9 and own.domestic and own.based_on == "my-base"
    assert own.facts["memory_gb"].layer == "site" and own.facts["bf16_tensor_tflops"].layer == "shipped"
    assert found.match("我们的910B2").platforms == ("my-910b2",)
    assert [one.layer for one in found.servers_of("my-910b2")] == ["site"] and found.clusters[-1].nodes == 16


@pytest.mark.parametrize(
    ("site", "code", "place"),
    [
        (SiteData(platforms=(OwnPlatform("a1", "a", based_on="b1"), OwnPlatform("b1", "b", based_on="a1"))), "cyclic", ("a1", "based_on")),
        (SiteData(platforms=(OwnPlatform("a1", "a", based_on="a1"),)), "cyclic", ("a1", "based_on")),
        (SiteData(platforms=(OwnPlatform("a1", "a", based_on="gone"),)), "no_such_base", ("a1", "based_on")),
        (SiteData(platforms=(OwnPlatform(B2, "a"),)), "twice", (B2, "id")),
        (SiteData(platforms=(OwnPlatform("../../etc", "a"),)), "bad_id", ("../../etc", "id")),
        (SiteData(changes=(change(platform="gone"),)), "no_such_platform", ("gone", "platform")),
        (SiteData(servers=(Server("n1", "n", B2, -8, source="s", as_of="2026"),)), "bad_number", ("n1", "cards")),
        (SiteData(servers=(Server("n1", "n", "gone", 8, source="s", as_of="2026"),)), "no_such_platform", ("n1", "platform")),
        (SiteData(clusters=(Cluster("c1", "c", "gone", 8, source="s", as_of="2026"),)), "no_such_node", ("c1", "node")),
    ],
)
def test_what_is_wrong_in_a_site_is_named_with_its_place(site, code, place):
    first = check_site(site, known.shipped_catalogue())[0]
    assert (first.what.code, first.row, first.key) == (f"platforms.{code}", *place)
    assert all(has_entry(first.what.code, lang) and render_remedy(first.what, lang) for lang in LANGUAGES)


def test_a_damaged_site_is_left_out_told_of_and_never_written_over(own_site):
    own_site.mkdir()
    (own_site / "site.json").write_text('{"changes": [{"platform"', encoding="utf-8")
    assert known.catalogue() is known.shipped_catalogue() and known.site_fault().message.code == "platforms.pack_damaged"
    with pytest.raises(EngineError):
        platform_base.change_in_site(change())
    assert (own_site / "site.json").read_text(encoding="utf-8").startswith('{"changes"')
    assert pipeline.check_platforms()[0].file.endswith("site.json")
    write_site(SiteData(version=99), own_site)
    assert isinstance(known.site_fault(), NewerVersion)


def test_a_site_changed_by_another_window_is_seen(own_site):
    assert known.catalogue().platform(B2).number("tdp_w") == 400
    write_site(SiteData(changes=(change("tdp_w", 390.0),)), own_site)
    assert known.catalogue().platform(B2).number("tdp_w") == 390
    os.utime(own_site / "site.json", ns=(1, 1))
    assert known.catalogue().platform(B2).number("tdp_w") == 390


def test_a_pack_goes_out_and_comes_in_elsewhere(tmp_path, own_site, monkeypatch):
    platform_base.change_in_site(change())
    platform_base.export_site(tmp_path / "p.json")
    monkeypatch.setenv("SUANXUAN_SITE", str(tmp_path / "other"))
    platform_base.change_in_site(change(value=1450.0))
    dry = platform_base.import_site(tmp_path / "p.json", dry_run=True)
    assert (dry.changes, dry.covered) == (1, (f"{B2} memory_bw_gbs",)) and known.catalogue().platform(B2).number("memory_bw_gbs") == 1450
    assert platform_base.import_site(tmp_path / "p.json") == dry
    assert known.catalogue().platform(B2).number("memory_bw_gbs") == 1500
    again = platform_base.import_site(tmp_path / "p.json")
    assert (again.changes, again.same) == (0, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"[" * 100_000,
        b'{"pack": "other", "site": {}}',
        b'{"pack": "suanxuan-platforms", "site": {"changes": [{"platform": "ascend-910b2", "key": "tdp_w", "value": {"a": 1}}]}}',
        b'{"pack": "suanxuan-platforms", "site": {"version": 99}}',
        json.dumps(
            {"pack": MARK, "site": {"changes": [{"platform": B2, "key": "tdp_w", "value": 1e9, "source": "s", "as_of": "2026"}]}}
        ).encode(),
        b"\xff\xfe\x00",
    ],
)
def test_hostile_packs_are_refused_whole(tmp_path, content):
    (tmp_path / "p.json").write_bytes(content)
    before = read_site(tmp_path / "site")
    with pytest.raises(EngineError) as caught:
        platform_base.import_site(tmp_path / "p.json")
    assert caught.value.file.endswith("p.json") and all(render(caught.value.message, lang) for lang in LANGUAGES)
    assert read_site(tmp_path / "site") == before


KEY = st.sampled_from(KEYS)
VALUE = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
CHANGES = st.builds(
    FactChange,
    platform=st.sampled_from([B2, A100, "gone"]),
    key=KEY | st.text(max_size=8),
    value=VALUE,
    source=st.text(max_size=5),
    as_of=st.text(max_size=10),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(CHANGES, max_size=4))
def test_any_pack_is_taken_whole_or_refused_whole(tmp_path, changes):
    pack = tmp_path / "any.json"
    write_pack(SiteData(changes=tuple(changes)), pack)
    present = SiteData(changes=(change(),))
    shipped = known.shipped_catalogue()
    try:
        taken = read_pack(pack, shipped, present)
    except EngineError as error:
        assert error.message.code.startswith("platforms.") and check_site(merged(present, SiteData(changes=tuple(changes)))[0], shipped)
        return
    site, summary = merged(present, taken)
    assert summary.changes + summary.same == len(changes) and check_site(site, shipped) == []
    assert msgspec.json.decode(msgspec.json.encode(Pack(MARK, site)), type=Pack).site == site


@given(key=KEY, value=VALUE)
def test_a_value_is_refused_or_kept_within_its_limits(key, value):
    try:
        kept = checked_value(key, value)
    except EngineError:
        return
    if kept is not None and key in NUMBERS:
        _unit, least, most = NUMBERS[key]
        assert least <= kept <= most
    assert checked_value(key, kept) == kept
