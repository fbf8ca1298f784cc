"""The output of everyday commands fills the blanks of a run description, never what was stated; any text is safe."""

import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.environment import with_environment_files, with_environment_text
from app.engine.environment_text import environment_of_text
from app.engine.errors import EngineError
from app.engine.model.projects import Project
from app.engine.model.workloads import Workload

NVIDIA_SMI = """
+---------------------------------------------------------------------------------------+
| NVIDIA-SMI 535.104.05             Driver Version: 535.104.05   CUDA Version: 12.2     |
|-----------------------------------------+----------------------+----------------------+
|   0  NVIDIA A800-SXM4-80GB          On  | 00000000:00:04.0 Off |                    0 |
"""
NPU_SMI = """
+------------------------------------------------------------------------------------------------+
| npu-smi 24.1.rc2.2               Version: 24.1.rc2.2                                           |
+---------------------------+---------------+----------------------------------------------------+
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| 0     910B2               | OK            | 93.1        39                0    / 0             |
"""
KYLIN = 'NAME="Kylin Linux Advanced Server"\nVERSION="V10 (Lance)"\nID="kylin"\nPRETTY_NAME="Kylin Linux Advanced Server V10 (Lance)"\n'
LSCPU = "Architecture:                    aarch64\nCPU(s):  192\nModel name:                      Kunpeng-920\nSocket(s):  4\n"
FREEZE = "accelerate==0.30.1\ndeepspeed==0.14.2\nnumpy==1.26.4\ntorch==2.1.0\ntorch-npu==2.1.0.post6\ntransformers==4.41.2\n"
FREEZE += "llamafactory==0.8.0\n"
CANN_FILE = "package_name=Ascend-cann-toolkit\nversion=8.0.RC2\ninnerversion=V100R001C18\n"
COLLECT_ENV = """PyTorch version: 2.3.1+cu121
OS: Ubuntu 22.04.4 LTS (x86_64)
Python version: 3.10.12 (main, Nov 20 2023, 15:14:05) [GCC 11.4.0] (64-bit runtime)
Nvidia driver version: 535.104.05
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NVIDIA_SMI, {"driver": "535.104.05"}),
        (NPU_SMI, {"driver": "24.1.rc2.2"}),
        (KYLIN, {"os": "Kylin Linux Advanced Server V10 (Lance)"}),
        (LSCPU, {"cpu_arch": "aarch64", "cpu": "Kunpeng-920", "cpu_sockets": "4"}),
        (CANN_FILE, {"cann": "8.0.RC2"}),
        ("Cuda compilation tools, release 12.1, V12.1.105", {"cuda": "12.1"}),
        ("Linux n1 4.19.90-24.4.v2101.ky10.aarch64 #1 SMP Mon May 24 14:45:37 CST 2021 aarch64 GNU/Linux", {"cpu_arch": "aarch64"}),
        ("CentOS Linux release 7.9.2009 (Core)", {"os": "CentOS Linux 7.9.2009 (Core)"}),
        ('PRETTY_NAME="UnionTech OS Server 20"\nMajorVersion=20\nMinorVersion=1060\n', {"os": "UOS 20 1060"}),
        ("ROCM-SMI version: 3.0.0\nDriver version: 6.7.0\n", {"driver": "6.7.0"}),
        ("Package   Version\n--------- -------\ntorch     2.3.1\nvllm      0.5.1\n", {"package.torch": "2.3.1", "package.vllm": "0.5.1"}),
        ("Python 3.10.12\n", {"python": "3.10"}),
        (
            COLLECT_ENV,
            {"package.torch": "2.3.1+cu121", "os": "Ubuntu 22.04.4 LTS", "cpu_arch": "x86_64", "python": "3.10", "driver": "535.104.05"},
        ),
        ("no such thing\n$ rm -rf /\n[workload]\nname = \"x\"", {}),
    ],
)  # fmt: skip
def test_what_each_command_tells(text, expected):
    assert environment_of_text(text) == expected


def test_an_ascend_machine_in_one_paste_fills_the_blanks():
    stated = Workload("x", "finetune", framework="pytorch 2.4.0", stated=("workload.framework",))
    project, filled = with_environment_text(Project(workload=stated), KYLIN + LSCPU + NPU_SMI + CANN_FILE + "Python 3.9.18\n" + FREEZE)
    found = project.workload
    assert (found.os, found.cpu_arch, found.driver) == ("Kylin Linux Advanced Server V10 (Lance)", "aarch64", "24.1.rc2.2")
    assert (found.toolkit, found.python, found.engine) == ("CANN 8.0.RC2", "3.9", "llama-factory")
    assert found.framework == "pytorch 2.4.0" and "workload.framework" not in filled  # a person said so
    assert with_environment_text(project, KYLIN + FREEZE) == (project, ())


@pytest.mark.parametrize(
    ("text", "toolkit"),
    [
        ("torch==2.3.1+cu121", "CUDA 12.1"),
        ("torch==2.7.0+cu118", "CUDA 11.8"),
        ("torch==2.3.1+rocm6.0", "ROCm 6.0"),
        ("torch==2.9.0+das.opt1.dtk2604", "DTK 26.04"),
        ("torch==2.10.0+metax3.8.1.0", "MACA 3.8.1.0"),
        ("torch==2.3.1", ""),
        (NVIDIA_SMI, ""),  # its CUDA version is what the driver could run
    ],
)
def test_the_tool_kit_of_a_wheel(text, toolkit):
    project, _ = with_environment_text(Project(workload=Workload("x", "inference")), text)
    assert project.workload.toolkit == toolkit


def test_the_engine_is_that_of_the_task():
    text = "vllm==0.5.1\ndeepspeed==0.14.2\ntransformers==4.41.2\n"
    engines = {
        task: with_environment_text(Project(workload=Workload("x", task)), text)[0].workload.engine for task in ("inference", "lora")
    }
    assert engines == {"inference": "vllm", "lora": "deepspeed"}


def test_files_of_text_and_archives_of_the_capture_kit(tmp_path):
    (tmp_path / "pip.txt").write_text(FREEZE)
    with zipfile.ZipFile(tmp_path / "suanxuan-capture-n1-20261125T120000.zip", "w") as archive:
        archive.writestr("host.log", "# SuanXuan capture 1\nhost = n1\nos = openEuler 22.03 (LTS-SP4)\ncann = 8.1.RC1\npython = 3.10.4\n")
    files = [tmp_path / "pip.txt", *tmp_path.glob("*.zip")]
    project, filled = with_environment_files(Project(workload=Workload("x", "finetune")), files)
    found = project.workload
    assert (found.framework, found.os, found.toolkit, found.python) == (
        "pytorch 2.1.0",
        "openEuler 22.03 (LTS-SP4)",
        "CANN 8.1.RC1",
        "3.10",
    )
    assert {"workload.framework", "workload.os", "workload.engine"} <= set(filled)


@pytest.mark.parametrize("content", [b"hello", b"\x00\x01\x02" * 50, b""])
def test_a_file_that_tells_nothing_is_refused(tmp_path, content):
    (tmp_path / "f.txt").write_bytes(content)
    with pytest.raises(EngineError):
        with_environment_files(Project(), [tmp_path / "f.txt"])
    with pytest.raises(EngineError):
        with_environment_files(Project(), [tmp_path / "missing"])


PIECES = st.sampled_from([NVIDIA_SMI, NPU_SMI, KYLIN, LSCPU, FREEZE, COLLECT_ENV, CANN_FILE, "\x00", "PRETTY_NAME=", "==", "a = b"])


@given(st.lists(PIECES | st.text(max_size=80), max_size=12).map("".join))
def test_any_text_is_safe_and_says_short_things(text):
    found = environment_of_text(text)
    assert all(0 < len(value) <= 400 and "\n" not in value for value in found.values())
    project, _ = with_environment_text(Project(workload=Workload("x", "pretrain", os="Windows", stated=("workload.os",))), text)
    assert project.workload.os == "Windows"
