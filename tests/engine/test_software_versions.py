"""Versions, systems, CPUs and model names as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.assessing._hosts import graded
from app.engine.assessing._models import matches, name_of
from app.engine.assessing._offers import book_of, hosts_of, offer_of
from app.engine.assessing._versions import arch_of, is_before, relation, same_minor, system_of, version_of, version_text
from app.engine.known import knowledge
from app.engine.model.platforms import ModelSupport


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("CANN 8.0.RC2", "8.0.RC2"), ("torch==2.3.1+cu121", "2.3.1"), ("Ascend HDK 25.0.X (compatible)", "25.0"), ("rc3.1.0", "3.1.0"),
        ("0.9.1rc3", "0.9.1.RC3"), ("2.7.1.post2", "2.7.1.post2"), ("v24.08 image", "24.8"), ("7.13 (preview)", "7.13"),
    ],
)  # fmt: skip
def test_versions(text, version):
    assert version_text(version_of(text)) == version


def test_a_candidate_stands_before_its_release():
    ordered = ["7.0.0", "8.0.RC1", "8.0.RC2", "8.0.RC2.2", "8.0.0", "8.0.0.post1", "8.1.RC1"]
    versions = [version_of(text) for text in ordered]
    assert all(is_before(one, other) and not is_before(other, one) for one, other in zip(versions, versions[1:], strict=False))
    assert same_minor(version_of("2.1"), version_of("2.1.0")) and not same_minor(version_of("2.1"), version_of("2.10"))
    assert version_of("unknown") is None


@given(st.text(max_size=60))
def test_any_text_is_safe(text):
    for read in (version_of, system_of, arch_of, offer_of, hosts_of, name_of):
        read(text)


@pytest.mark.parametrize(
    ("have", "listed", "expected"),
    [
        ("Ubuntu 22.04", "Ubuntu 22.04.5", "same"), ("Ubuntu 22.04.4 LTS", "Ubuntu 22.04", "same"), ("Ubuntu 22.04", "Ubuntu", "named"),
        ("Ubuntu 20.04", "Ubuntu 22.04", "version"), ("CentOS Linux 7 (Core)", "CentOS 7.6", "vague"),
        ("CentOS 7.9", "CentOS 7.6", "version"),
        ("CentOS 7.9", "CentOS 7", "same"), ("银河麒麟 V10", "Kylin V10 SP3", "vague"),
        ("银河麒麟高级服务器V10SP2", "Kylin V10 SP2", "same"),
        ("Kylin Linux Advanced Server V10 (Lance)", "Kylin V10 SP3", "same"), ("Kylin V10 SP1", "Kylin V10", "covers"),
        ("统信 1060", "UOS 20 1060e", "vague"), ("UOS 20 1050e", "UOS V20 1050u2e", "version"),
        ("UnionTech OS Server 20", "UOS 20 1020e", "vague"),
        ("openEuler 22.03 (LTS-SP4)", "openEuler 22.03 LTS SP4", "same"), ("SLES 15.5", "SLES 15 SP5", "same"),
        ("RHEL 8.6", "Rocky", "other"),
    ],
)  # fmt: skip
def test_systems(have, listed, expected):
    assert relation(system_of(have), system_of(listed)) == expected


def test_a_list_that_tells_service_packs_apart_means_them():
    hosts = [host for text in ("openEuler 22.03 LTS", "openEuler 22.03 LTS SP2", "openEuler 22.03 LTS SP4") for host in hosts_of(text)]
    assert graded(system_of("openEuler 22.03 LTS SP3"), hosts)[0] == "version"
    assert graded(system_of("openEuler 22.03 LTS SP3"), hosts)[1].system.pack == 4
    assert graded(system_of("openEuler 22.03"), hosts)[0] == "same"
    assert [host.system.text for host in hosts_of("RHEL 9.5/9.4")] == ["RHEL 9.5", "RHEL 9.4"]


@pytest.mark.parametrize(
    ("text", "arch"),
    [
        ("鲲鹏 920", "aarch64"),
        ("飞腾 S2500", "aarch64"),
        ("Hygon C86 7285", "x86_64"),
        ("龙芯3C5000", "loongarch64"),
        ("amd64", "x86_64"),
        ("", ""),
    ],
)
def test_cpus(text, arch):
    assert arch_of(text) == arch


def test_every_row_is_understood():
    book = book_of(knowledge().stacks)
    for rows in book.values():
        for row in rows:
            assert row.version or not row.stack.version
            assert row.archs and (row.hosts or not row.is_hosts)
            assert not row.stack.os_supported or row.hosts or row.stack.os_supported[0] == "Linux"


@pytest.mark.parametrize(
    ("wanted", "listed", "distance"),
    [
        ("Meta-Llama-3.1-8B-Instruct", "LLaMA(2/3/3.1)", 1), ("Llama3-8B 微调", "Llama-3 8B", 0), ("Llama3-8B", "Llama-3 70B", 2),
        ("Llama2-13B", "Llama2 7B - 70B", 0), ("llama3", "Llama3.1-8B", None), ("Qwen2.5-72B-Instruct", "QWen2(.5) 7B", 2),
        ("Qwen2.5-VL-7B", "Qwen2.5-7B", None), ("DeepSeek-V3 671B", "DeepSeek-V3/R1", 1),
        ("DeepSeek-R1-Distill-Qwen-7B", "DeepSeek-R1", None),
        ("gemma-2-9b-it", "Gemma", None), ("gemma-2-9b-it", "Gemma2 9B", 0),
        ("Stable Diffusion XL", "SDXL 3.5B", 1), ("SDXL", "SD3 2B", None),
        ("Qwen3-30B-A3B", "Qwen3 30B-A3B", 0), ("Qwen3-32B", "Qwen3-30B-A3B", None), ("Mixtral 8x7B", "Mixtral 8x22B", None),
        ("chatglm3-6b", "ChatGLM3 6B", 0), ("resnet50", "ResNet50", 1), ("resnet50", "ResNet101", None),
    ],
)  # fmt: skip
def test_model_names(wanted, listed, distance):
    row = ModelSupport("f", listed, "inference", "e", "yes")
    name = name_of(wanted)
    lines = name.lines & name_of(listed).lines or name.lines
    found = matches(name._replace(lines=lines), ((row, name_of(listed)),))
    assert ([match.distance for match in found] or [None]) == [distance]
