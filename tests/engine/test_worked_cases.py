"""Worked cases of the software checks, each verdict argued from the rows of platform_db and their sources."""

import pytest

from app.engine import pipeline
from app.engine.messages import render
from app.engine.model.workloads import Model, Node, RunParameters, Workload

CHECKS = ("os", "toolchain", "framework", "model")
B2, B3, P800, C500 = "ascend-910b2", "ascend-910b3", "kunlunxin-p800", "metax-c500-oam"
A100, A800, Z100, K100 = "nvidia-a100-sxm-80gb", "nvidia-a800-sxm-80gb", "hygon-z100", "hygon-k100-ai"


def assessed(platform, workload):
    (found,) = pipeline.assess_workload(workload, platforms=[pipeline.catalogue().platform(platform)])
    return {check.check: check for check in found.checks if check.check in CHECKS}


def levels(found):
    return {name: found[name].level for name in CHECKS}


def words(finding, lang="en"):
    parts = [finding.summary, *(said.text for said in finding.evidence), *([finding.remedy] if finding.remedy else [])]
    return " | ".join(render(part, lang) for part in parts)


def sources(finding):
    return " ".join(said.source for said in finding.evidence)


def llama3(system="Kylin V10 SP3", **more):
    more = {"framework": "pytorch 2.1.0", "engine": "llama-factory", "model": Model("llama"), "cpu_arch": "aarch64"} | more
    return Workload("Llama3-8B SFT", "finetune", "bf16", os=system, **more)


def test_llama3_fine_tuning_with_llama_factory_on_910b2():
    """Kylin V10 SP3 on aarch64 is on the list of the Atlas A2 servers (mind-cluster) and of CANN 8.0.0; torch 2.1.0 goes with CANN 7.0.RC1
    to 8.3.RC1 (Ascend/pytorch), the last of which is matched with HDK 25.3.RC1; LLaMA-Factory has a port and no list of models there,
    while MindSpeed-LLM lists Llama-3 8B as passed: unknown, with that engine named."""
    found = assessed(B2, llama3())
    assert levels(found) == {"os": "ok", "toolchain": "ok", "framework": "ok", "model": "unknown"}
    assert "mind-cluster" in sources(found["os"]) and "[high" in sources(found["os"])
    assert "CANN 8.3.RC1" in words(found["toolchain"]) and "HDK 25.3.RC1" in words(found["toolchain"])
    assert "torch_npu 2.1.0" in words(found["framework"]) and "COMPATIBILITY" in sources(found["framework"])
    assert "MindSpeed-LLM MCore: Llama-3 8B (official" in words(found["model"])


def test_the_same_with_a_kylin_whose_service_pack_is_not_stated():
    """The lists name SP2 and SP3 apart, so "V10" alone tells nothing; the CPU is told by the node's own words."""
    found = assessed(B2, llama3("银河麒麟 V10", cpu_arch="", node=Node(cpu="2 x Kunpeng-920")))["os"]
    assert found.level == "unknown" and "Kylin V10 SP3" in words(found) and "os-release" in words(found)


def test_the_same_on_the_machine_that_an_old_installation_runs_on():
    """torch 2.6 needs CANN 8.2.RC1, matched with HDK 25.2.0; installed are 8.0.RC2 and 24.1.RC2. Keeping both means torch 2.3.1."""
    old = {"driver": "24.1.rc2", "toolkit": "CANN 8.0.RC2", "python": "3.10", "run": RunParameters(platform=B2)}
    found = assessed(B2, llama3(framework="pytorch 2.6.0", **old))
    assert levels(found)["toolchain"] == "warning" and levels(found)["framework"] == "ok"
    told = words(found["toolchain"])
    assert "torch 2.6.0 needs CANN 8.2.RC1 or later → CANN 8.2.RC1 is matched with driver Ascend HDK 25.2.0" in told
    assert "driver 24.1.rc2 → Ascend HDK 25.2.0" in told and "pytorch 2.6.0 → pytorch 2.3.1" in told
    assert (
        levels(assessed(B2, llama3(framework="pytorch 2.3.1", **old | {"driver": "25.0.rc1"})))["toolchain"] == "unknown"
    )  # 8.0.RC2: silent


def test_gemma2_inference_on_910b_goes_to_transformers():
    """MindIE-LLM's list has no Gemma at all; vLLM-Ascend lists Gemma-2 as experimental: the plain framework is the way.
    openEuler 22.03 SP3: the list names LTS, SP2 and SP4; SP4 is the next."""
    found = assessed(B3, Workload("Gemma2-9B", "inference", "bf16", os="openEuler 22.03 LTS SP3", cpu_arch="aarch64",
                                  framework="pytorch 2.1.0", engine="mindie", model=Model("gemma2")))  # fmt: skip
    assert found["model"].level == "warning" and "mindie does not list" in words(found["model"])
    assert "transformers" in render(found["model"].remedy, "zh") and "vLLM-Ascend" in words(found["model"])
    assert found["os"].level == "warning" and "openEuler 22.03 LTS SP4" in render(found["os"].remedy, "en")
    assert found["framework"].level == "unknown"  # no row pairs MindIE with a torch


def test_llama_goes_to_mindie():
    """MindIE-LLM's list marks Llama3.1-8B as fully verified."""
    found = assessed(B3, Workload("Llama-3.1-8B-Instruct", "inference", "bf16", engine="mindie", model=Model("llama")))["model"]
    assert found.level == "ok" and "MindIE-LLM@" in sources(found)


@pytest.mark.parametrize("platform", [B2, P800, A800])
def test_deepseek_v3_in_fp8_on_cards_without_fp8(platform):
    """Each family's vLLM lists DeepSeek-V3 as official, but the cards' data sheets have no FP8: the weights must be converted."""
    workload = Workload("DeepSeek-V3", "inference", "fp8", framework="pytorch 2.5.1", engine="vllm", model=Model("deepseek-v3"))
    found = assessed(platform, workload)["model"]
    assert found.level == "warning" and "DeepSeek-V3" in words(found).replace("DeepSeek V3", "DeepSeek-V3")
    assert "fp8" in render(found.summary, "en") and "Quantisation" in words(found)


def test_deepseek_v3_on_hygon_is_not_on_the_list():
    """FlagScale lists DeepSeek-R1 on BW1000 as community; no list of vLLM there names V3."""
    found = assessed("hygon-bw1000", Workload("DeepSeek-V3", "inference", "bf16", engine="vllm", model=Model("deepseek-v3")))["model"]
    assert found.level == "warning" and "does not list" in words(found)


def test_an_fp64_cfd_code_has_no_framework_to_check():
    """OpenFOAM is compiled: the framework does not apply, whether it has a port is in no list. CentOS is named for DCU (PaddlePaddle),
    and not on NVIDIA's list, where RHEL and Rocky are its kin."""
    workload = Workload("cavity", "hpc", "fp64", os="CentOS 7.9", cpu_arch="x86_64", engine="openfoam")
    found = assessed(Z100, workload)
    assert levels(found) == {"os": "ok", "toolchain": "unknown", "framework": "ok", "model": "unknown"}
    assert "不适用" in render(found["framework"].summary, "zh") and "openfoam" in words(found["toolchain"])
    nvidia = assessed(A100, workload)["os"]
    assert nvidia.level == "warning" and "RHEL" in render(nvidia.remedy, "en")


def test_sdxl_with_xformers_on_a_cuda_compatible_card():
    """MACA rows offer torch 2.0, 2.1, 2.6, 2.8 and 2.10, so 2.4 goes to 2.6; 2.6 stays, and no wheel of MetaX is xformers."""
    workload = Workload("SDXL", "finetune", "fp16", os="Ubuntu 22.04", cpu_arch="x86_64", framework="pytorch 2.4.0", engine="diffusers")
    found = assessed(C500, workload)["framework"]
    assert found.level == "warning" and "pytorch 2.4.0 → pytorch 2.6" in words(found) and "vLLM-metax" in sources(found)
    with_kernels = Workload("SDXL", "finetune", "fp16", os="Ubuntu 22.04", framework="pytorch 2.6.0", engine="diffusers + xformers")
    found = assessed(C500, with_kernels)["framework"]
    assert found.level == "warning" and "xformers" in render(found.summary, "zh") and "flash_attn" in words(found)
    assert assessed(A100, with_kernels)["framework"].level == "ok"


@pytest.mark.parametrize(("platform", "level"), [(A100, "warning"), (B2, "warning"), ("amd-mi300x", "warning"), (K100, "unknown")])
def test_a_loongson_host_is_on_no_list(platform, level):
    """NVIDIA, Huawei and AMD publish whole lists without loongarch64; what we have of Hygon is no whole list."""
    found = assessed(platform, llama3(cpu_arch="龙芯 3C6000", engine="deepspeed"))
    assert found["os"].level == level and "loongarch64" in words(found["os"]) and "x86_64" in render(found["os"].remedy, "en")
    assert found["toolchain"].level == level


def test_a_hygon_cpu_is_an_x86_one():
    """Kylin V10 (x86_64) is in NVIDIA's package index (kylin10); the same system on aarch64 is not."""
    assert assessed(A100, llama3(cpu_arch="海光 C86 7390"))["os"].level == "ok"
    assert assessed(A100, llama3(cpu_arch="鲲鹏 920"))["os"].level == "warning"


def test_python_and_minor_releases_of_cuda():
    """torch 2.6 wheels begin with Python 3.9; driver 535 is below that of CUDA 12.4 and runs it by minor version compatibility."""
    more = {"driver": "535.104.05", "toolkit": "CUDA 12.1", "python": "3.8", "run": RunParameters(platform=A100)}
    found = assessed(A100, llama3("Ubuntu 20.04", cpu_arch="x86_64", framework="pytorch 2.6.0", engine="deepspeed", **more))
    assert found["framework"].level == "warning" and "Python 3.8 → 3.9" in words(found["framework"])
    assert found["toolchain"].level == "ok" and "minor version compatibility" in words(found["toolchain"])
    volta = assessed("nvidia-v100-sxm2-32gb", llama3("Ubuntu 22.04", cpu_arch="x86_64", framework="pytorch 2.14"))
    assert "CUDA 12.6" in words(volta["toolchain"])  # CUDA 13 dropped Volta


def test_what_is_not_stated_is_named_and_never_ok():
    found = assessed(B2, Workload("x", "pretrain"))
    assert levels(found) == dict.fromkeys(CHECKS, "unknown")
    assert "[workload] os" in words(found["os"]) and "[workload] framework" in words(found["framework"])


def test_every_finding_on_every_platform_has_words_and_cites_its_rows():
    workload = llama3("Ubuntu 22.04", cpu_arch="x86_64", engine="vllm", driver="535.104.05", toolkit="CUDA 12.1", python="3.10")
    for assessment in pipeline.assess_workload(workload):
        for check in assessment.checks:
            if check.check not in CHECKS:
                continue
            for lang in ("zh", "en"):
                assert "assessing." not in words(check, lang) and "{" not in words(check, lang)
            assert all(said.source for said in check.evidence)
            assert check.evidence or check.level == "unknown", (assessment.platform, check.check)
            assert check.level != "ok" or not any(said.source.count("[low") and "[high" not in said.source for said in check.evidence[:1])
