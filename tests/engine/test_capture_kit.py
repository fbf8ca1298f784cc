"""The capture kit: its script is run here, the host side real and the vendor tools played; what it packs is opened as one run."""

import os
import re
import shutil
import signal
import stat
import subprocess
import time
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest

from app.engine.capture_kit import SCRIPTS, write_capture_kit
from app.engine.environment import with_environment
from app.engine.errors import EngineError
from app.engine.importing import Answers, take_in
from app.engine.intake import sort_files
from app.engine.messages import render
from app.engine.model.projects import Project
from app.engine.model.traces import CAPTURE, Device, Trace
from app.engine.model.workloads import Workload
from app.engine.pipeline import read_traces
from app.engine.reading import read_trace

NVIDIA_SMI = r"""#!/bin/sh
case "$*" in
  *--gpm-metrics*) exit 1 ;;
  *dmon*) printf '#Date       Time        gpu  rxpci  txpci\n#YYYYMMDD   HH:MM:SS    Idx   MB/s   MB/s\n'
    while :; do for card in 0 1; do echo "$(date '+%Y%m%d %H:%M:%S') $card 1500 700"; done; sleep 1; done ;;
  *query-gpu*) echo 'timestamp, index, name, driver_version, utilization.gpu [%], memory.used [MiB], memory.total [MiB]'
    case "$*" in *' -l '*) while :; do for card in 0 1; do
      echo "$(date '+%Y/%m/%d %H:%M:%S.000'), $card, NVIDIA H20, 550.54.15, 9$card %, 60000 MiB, 97871 MiB"; done; sleep 1; done ;; esac ;;
esac
"""
DCGMI = r"""#!/bin/sh
case "$*" in *' -c '*) exit 0 ;; esac
printf '#Entity   SMACT   TENSO   NVLTX\nID\n'
while :; do for card in 0 1; do echo "GPU $card     0.910   0.420   30000000000"; done; sleep 1; done
"""
NPU_SMI = r"""#!/bin/sh
[ "$2" = watch ] || exit 0
printf 'NpuID(Idx)  ChipId(Idx) Pwr(W)      Temp(C)     AI Core(%%)  AI Cpu(%%)   Ctrl Cpu(%%) Memory(%%)   Memory BW(%%)\n'
while :; do echo '0           0           93.6        45          88          0           1           71          12'; sleep 1; done
"""
HY_SMI = r"""#!/bin/sh
echo '============================ System Management Interface ============================='
echo 'DCU     Temp     AvgPwr     Perf     PwrCap     VRAM%      DCU%      Mode'
echo '0       55.0C    210.0W     auto     400.0W     40%        97.0%     Normal'
"""
BROKEN = "#!/bin/sh\necho 'Failed to open the device' >&2\nexit 1\n"
HOST_LOG = """# SuanXuan capture 1
host = node01
os = Ubuntu 22.04.4 LTS
cpu_arch = x86_64
cpu = Intel(R) Xeon(R) Platinum 8358P
cpu_sockets = 2
memory_kib = 1056784000
time_zone = +0800
nic.mlx5_0:1 = InfiniBand, 200 Gb/sec (4X HDR), 4: ACTIVE
nic.mlx5_1:1 = InfiniBand, 200 Gb/sec (4X HDR), 4: ACTIVE
nic.mlx5_2:1 = Ethernet, 25 Gb/sec (1X EDR), 4: ACTIVE
nic.mlx5_3:1 = InfiniBand, 200 Gb/sec (4X HDR), 1: DOWN
package.torch = 2.3.1+cu121
note = dcgmi: busy
@ 1795599160.5
cpu  1000 0 100 8000 900 0 0 0 0 0
MemTotal:       1056784000 kB
MemAvailable:   1048576000 kB
   8       0 sda 10 0 1000 5 10 0 2000 5 0 100 10
   8       1 sda1 10 0 1000 5 10 0 2000 5 0 100 10
    lo:    6738      65    0    0    0     0          0         0     6738      65    0    0    0     0       0          0
  eth0: 1000000000 35489 0 0 0 0 0 0 2000000000 21937 0 0 0 0 0 0
ib mlx5_0:1 1000000000 2000000000
@ 1795599162.5
cpu  1500 0 200 8200 1000 0 0 0 0 0
MemTotal:       1056784000 kB
MemAvailable:   1048576000 kB
   8       0 sda 10 0 2001000 5 10 0 4002000 5 0 1100 10
   8       1 sda1 10 0 2001000 5 10 0 4002000 5 0 1100 10
    lo:    6738      65    0    0    0     0          0         0     6738      65    0    0    0     0       0          0
  eth0: 3000000000 35489 0 0 0 0 0 0 2000000000 21937 0 0 0 0 0 0
ib mlx5_0:1 1500000000 1000000000
what is this
"""
WINDOWS_LOG = """# SuanXuan capture 1
os = Microsoft Windows 11
time_zone = +0800
@ 1795599160.500
cpu_utilisation 0.53
host_memory_used_gib 12.25
disk_read_gbs 0.000125
@ 1795599161.500
cpu_utilisation 0.55
host_memory_used_gib 12.5
disk_read_gbs 0.25
"""


@pytest.fixture
def record(tmp_path):
    """Run the script for three seconds with these tools on the path; return what it said and its archive."""

    def run(tools, *options, shell="sh", hidden=()):
        kit, bin_folder, out = tmp_path / "kit", tmp_path / "bin", tmp_path / "out"
        for folder in (bin_folder, out):
            folder.mkdir(exist_ok=True)
        write_capture_kit(kit)
        for name, text in tools.items():
            (bin_folder / name).write_text(text)
            (bin_folder / name).chmod(0o755)
        path = f"{bin_folder}:{os.environ['PATH']}"
        if hidden:
            path = _path_without(hidden, tmp_path / "few", bin_folder)
        words = [*shell.split(), str(kit / "suanxuan-capture.sh"), "-t", "3s", "-o", str(out), *options]
        done = subprocess.run(words, env={"PATH": path, "TZ": "Asia/Shanghai"}, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        (archive,) = out.iterdir()  # the folder of work is gone
        return done.stdout, archive

    yield run


def _path_without(hidden, folder, first):
    folder.mkdir()
    for place in ("/bin", "/usr/bin"):
        for tool in Path(place).iterdir():
            if tool.name not in hidden and not (folder / tool.name).exists():
                (folder / tool.name).symlink_to(tool)
    return f"{first}:{folder}"


posix = pytest.mark.skipif(os.name != "posix" or not Path("/proc/stat").exists(), reason="the script is for Linux")


@posix
@pytest.mark.parametrize("shell", ["sh", "bash", "busybox ash"])
def test_a_recording_opens_as_one_run_with_its_environment(record, shell):
    if shutil.which(shell.split()[0]) is None:
        pytest.skip(f"there is no {shell} here")
    said, archive = record({"nvidia-smi": NVIDIA_SMI, "dcgmi": DCGMI}, "-n", "node 07", shell=shell)
    assert archive.name.startswith("suanxuan-capture-node_07-") and str(archive) in said
    reading = read_traces([archive])
    assert not reading.unreadable and reading.run is not None
    assert {trace.files[0].format for trace in reading.traces} == {"capture-kit", "nvidia-smi-csv", "dcgmi-dmon"}
    run = reading.run
    assert {"0", "1", "host"} <= {device.id for device in run.devices}
    assert {"tensor_core", "gpu_utilisation", "cpu_utilisation", "nvlink_tx_gbs"} <= {one.metric for one in run.series}
    assert run.clock == "absolute" and abs(run.start_ns / 1e9 - time.time()) < 120  # times without a zone found the host's
    assert run.environment["host"] == "node_07" and run.environment["cpu_arch"] == os.uname().machine and run.environment["os"]
    project, filled = with_environment(Project(), run)
    assert {"run.gpus", "run.platform", "workload.os", "node.memory_gib"} <= set(filled)
    assert project.workload.run.platform == "nvidia-h20-96gb" and project.workload.run.gpus == 2  # by its memory: there are two H20


@posix
def test_tools_without_times_get_them_and_a_tool_that_fails_is_told(record):
    said, archive = record({"npu-smi": NPU_SMI, "hy-smi": HY_SMI, "mx-smi": BROKEN})
    assert "npu-smi → npu-smi-watch.txt" in said and "mx-smi.txt: Failed to open the device" in said
    reading = read_traces([archive])
    by_format = {trace.files[0].format: trace for trace in reading.traces}
    assert {"npu-smi", "hy-smi", "capture-kit"} <= by_format.keys()
    for slug in ("npu-smi", "hy-smi"):
        trace = by_format[slug]
        assert trace.clock == "absolute" and abs(trace.start_ns / 1e9 - time.time()) < 120
        busy = next(one for one in trace.series if one.metric == "gpu_utilisation")
        assert 2 <= busy.time_ns.size <= 5 and busy.values.max() > 0.8
    assert any("Failed to open" in render(one, "zh") for one in by_format["capture-kit"].warnings)


@posix
def test_without_any_tool_the_host_alone_is_recorded_and_tar_packs_where_zip_and_python_are_missing(record):
    _said, archive = record({}, hidden={"zip", "python3", "python", "stdbuf", "lscpu", "sha256sum"})
    assert archive.name.endswith(".tar.gz")
    run = read_traces([archive]).run
    assert run is not None and {device.kind for device in run.devices} <= {"host", "disk", "nic"} and run.environment["cpu_arch"]


@posix
def test_stopping_it_early_packs_and_leaves_no_tool_running(record, tmp_path):
    record({"nvidia-smi": NVIDIA_SMI, "dcgmi": DCGMI})
    out = tmp_path / "early"
    out.mkdir()
    words = ["sh", str(tmp_path / "kit" / "suanxuan-capture.sh"), "-t", "5m", "-o", str(out)]
    environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True) as running:
        while not list(out.glob("*/nvidia-smi.csv")):
            time.sleep(0.1)
        time.sleep(1.5)
        running.send_signal(signal.SIGTERM)
        said = running.communicate(timeout=30)[0]
    assert running.returncode == 0 and "done" in said
    assert [path.suffix for path in out.iterdir()] == [".zip"]
    time.sleep(1.5)  # the `sleep 1` of a tool that is played
    assert not _alive_in_session(running.pid)


def _alive_in_session(session):
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, _group, own = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(own) == session and state != "Z":  # the dead may wait for init
            found.append(path.parent.name)
    return found


@posix
def test_what_it_does_not_understand_it_refuses(tmp_path):
    write_capture_kit(tmp_path)
    for options in (["-t", "soon"], ["-i", "0"], ["-o", str(tmp_path / "nowhere")], ["-x"]):
        done = subprocess.run(
            ["sh", str(tmp_path / "suanxuan-capture.sh"), *options], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=20
        )
        assert done.returncode == 2, options
    assert {path.name for path in tmp_path.iterdir()} == {*SCRIPTS, "README.txt"}


def test_the_scripts_keep_their_word(tmp_path):
    """No network, no root, nothing of the customer's that the head says is not recorded; Windows can read its script."""
    write_capture_kit(tmp_path)
    for name in SCRIPTS:
        text = (tmp_path / name).read_text(encoding="utf-8")
        code = "\n".join(line for line in text.splitlines() if not line.strip().startswith("#"))
        assert not re.search(r"\b(?:curl|wget|ssh|scp|nc|sudo|su|Invoke-WebRequest|Invoke-RestMethod|WebClient|ping|RunAs)\b", code, re.I)
        assert not re.search(r"\b(?:whoami|ifconfig|ip addr|hostname -I|ps|history|printenv|Get-Process|Get-NetIPAddress)\b", code)
    windows = (tmp_path / "suanxuan-capture.ps1").read_bytes()
    assert windows.startswith(b"\xef\xbb\xbf") and windows.count(b"\n") == windows.count(b"\r\n")  # or PowerShell 5 takes it for GBK
    assert (tmp_path / "suanxuan-capture.sh").stat().st_mode & stat.S_IXUSR
    assert b"\r" not in (tmp_path / "suanxuan-capture.sh").read_bytes()


def test_a_folder_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(EngineError):
        write_capture_kit(tmp_path / "file")


def host_log(tmp_path, text):
    path = tmp_path / "anything"
    path.write_text(text)
    return read_trace(path)


def test_the_host_log_becomes_rates_between_ticks(tmp_path):
    trace = host_log(tmp_path, HOST_LOG)
    assert trace.files[0].format == "capture-kit" and trace.files[0].rows == 2
    assert (
        trace.start_ns == 1795599160_500000000
        and trace.utc_offset_s == 8 * 3600
        and trace.skipped
        == {
            "skipped.not_a_row": 1,
            "skipped.counter_reset": 1,
        }
    )
    found = {(one.metric, one.device): one.values for one in trace.series}
    np.testing.assert_allclose(found["cpu_utilisation", "host"], 600 / 900)  # 500 user + 100 system of 900
    np.testing.assert_allclose(found["cpu_system", "host"], 100 / 900)
    np.testing.assert_allclose(found["cpu_iowait", "host"], 100 / 900)
    np.testing.assert_allclose(found["host_memory_used_gib", "host"], (1056784000 - 1048576000) / 2**20)
    np.testing.assert_allclose(found["disk_read_gbs", "host"], 2000000 * 512 / 2 / 1e9)  # sda1 is a part of sda
    np.testing.assert_allclose(found["disk_write_gbs", "host"], 4000000 * 512 / 2 / 1e9)
    np.testing.assert_allclose(found["disk_busy", "disk:sda"], 0.5)
    np.testing.assert_allclose(found["net_rx_gbs", "host"], 1.0)
    np.testing.assert_allclose(found["ib_rx_gbs", "mlx5_0:1"], 500000000 * 4 / 2 / 1e9)
    assert ("ib_tx_gbs", "mlx5_0:1") not in found  # its counter went back
    assert [render(one, "en") for one in trace.warnings] == ["Capture script: dcgmi: busy"]


def test_windows_tells_metrics_as_they_are(tmp_path):
    trace = host_log(tmp_path, WINDOWS_LOG)
    found = {one.metric: one.values.tolist() for one in trace.series}
    assert found == {"cpu_utilisation": [0.53, 0.55], "host_memory_used_gib": [12.25, 12.5], "disk_read_gbs": [0.000125, 0.25]}


def test_an_environment_without_ticks_is_still_told(tmp_path):
    trace = host_log(tmp_path, HOST_LOG.partition("@ ")[0])
    assert trace.environment["package.torch"] == "2.3.1+cu121" and not trace.series and trace.is_snapshot


def test_the_environment_fills_blanks_and_never_what_was_stated(tmp_path):
    trace = host_log(tmp_path, HOST_LOG)
    cards = tuple(Device(str(number), "gpu", "NVIDIA A100-SXM4-80GB", 80.0) for number in range(8))
    trace = msgspec.structs.replace(trace, devices=(*trace.devices, *cards))
    project, filled = with_environment(Project(workload=Workload("x", "finetune", os="Kylin V10", stated=("workload.os",))), trace)
    workload = project.workload
    assert workload.os == "Kylin V10" and "workload.os" not in filled
    assert (workload.framework, workload.cpu_arch, workload.run.platform, workload.run.gpus, workload.run.nodes) == (
        "pytorch 2.3.1", "x86_64", "nvidia-a100-sxm-80gb", 8, 1,
    )  # fmt: skip
    node = workload.node
    assert (node.cpu, node.memory_gib, node.nics, node.nic_gbps) == ("2 x Intel(R) Xeon(R) Platinum 8358P", 1008, 2, 200.0)
    assert with_environment(project, trace) == (project, ())
    assert with_environment(Project(), Trace(files=trace.files, duration_ns=1, environment={"os": "x"}))[1] == ()


def test_archives_of_several_hosts_dropped_together_are_one_run_of_their_cards(tmp_path):
    for host in ("gpu-a", "gpu-b"):
        with zipfile.ZipFile(tmp_path / f"suanxuan-capture-{host}-20261125T120000.zip", "w") as archive:
            archive.writestr("host.log", HOST_LOG.replace("node01", host))
            rows = "".join(f"2026/11/24 23:32:4{s}.000, {card}, NVIDIA H20, 90 %\n" for s in range(3) for card in (0, 1))
            archive.writestr("nvidia-smi.csv", "timestamp, index, name, utilization.gpu [%]\n" + rows)
    outcome = take_in(Project(), sort_files(sorted(tmp_path.glob("*.zip"))), Answers(), read_traces)
    run = outcome.project.trace
    assert {"gpu-a:0", "gpu-a:1", "gpu-b:0", "gpu-b:1", "gpu-a:host", "gpu-b:host"} <= {device.id for device in run.devices}
    assert outcome.project.workload.run.gpus == 4 and outcome.project.workload.run.nodes == 2
    assert CAPTURE in run.environment and "已从采集补全" in render(outcome.told, "zh")
