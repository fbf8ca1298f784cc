"""Boxed tables, -q text and XML of nvidia-smi and its clones. The texts are synthetic, in the form that the tools print."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.errors import EngineError, UnreadableFile
from app.engine.messages import LANGUAGES, render, render_remedy
from app.engine.model.traces import Trace
from app.engine.reading import read_trace


def read(folder: Path, text: str | bytes, encoding: str = "utf-8") -> Trace:
    path = folder / "unknown"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_trace(path)


def values(trace: Trace, metric: str, device: str = "0") -> list[float]:
    return next(one.values.tolist() for one in trace.series if (one.metric, one.device) == (metric, device))


def codes(trace: Trace) -> set[str]:
    for warning in trace.warnings:
        for lang in LANGUAGES:
            assert "{" not in render(warning, lang)
    return {warning.code for warning in trace.warnings}


def table(when: str, load: int, used: int) -> str:
    return f"""{when}
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 550.54.15              Driver Version: 550.54.15      CUDA Version: 12.4     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|=========================================+========================+======================|
|   0  NVIDIA TEST-80GB               On  |   00000000:18:00.0 Off |                    0 |
| N/A   40C    P0            210W /  400W |   {used}MiB /  81920MiB |     {load}%      Default |
|                                         |                        |             Disabled |
+-----------------------------------------+------------------------+----------------------+
|   1  NVIDIA TEST-80GB               On  |   00000000:2A:00.0 Off |                    0 |
| N/A   41C    P0            211W /  400W |   {used + 1024}MiB /  81920MiB |     N/A      Default |
|                                         |                        |             Disabled |
+-----------------------------------------+------------------------+----------------------+
"""


def query_text(when: str, load: str, bus: str = "00000000:18:00.0", minor: int = 0) -> str:
    return f"""
==============NVSMI LOG==============

Timestamp                                              : {when}
Driver Version                                         : 550.54.15
CUDA Version                                           : 12.4

Attached GPUs                                          : 8
GPU {bus}
    Product Name                                       : NVIDIA TEST-80GB
    MIG Mode
        Current                                        : Enabled
    MIG Device
        Index                                          : 0
        FB Memory Usage
            Total                                      : 20000 MiB
            Used                                       : 1 MiB
    Minor Number                                       : {minor}
    PCI
        GPU Link Info
            PCIe Generation
                Max                                    : 5
            Link Width
                Max                                    : 16x
        Tx Throughput                                  : 2000000 KB/s
        Rx Throughput                                  : 1000 KB/s
    FB Memory Usage
        Total                                          : 81920 MiB
        Used                                           : 40960 MiB
    Utilization
        Gpu                                            : {load}
        Memory                                         : N/A
    Temperature
        GPU Current Temp                               : 50 C
    Power Readings
        Power Draw                                     : 300.50 W
        Power Limit                                    : 400.00 W
    Clocks
        SM                                             : 1410 MHz
        Memory                                         : Requested functionality has been deprecated
    Max Clocks
        SM                                             : 1980 MHz
"""


def xml(when: str, load: str, bus: str = "00000000:18:00.0") -> str:
    return f"""<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
<timestamp>{when}</timestamp><driver_version>550.54.15</driver_version><cuda_version>12.4</cuda_version><attached_gpus>1</attached_gpus>
<gpu id="{bus}">
  <product_name>NVIDIA TEST-80GB</product_name>
  <mig_devices><mig_device><fb_memory_usage><total>19968 MiB</total><used>12 MiB</used></fb_memory_usage></mig_device></mig_devices>
  <minor_number>3</minor_number>
  <pci><tx_util>4000 KB/s</tx_util><rx_util>2 KB/s</rx_util></pci>
  <fb_memory_usage><total>81920 MiB</total><used>20480 MiB</used></fb_memory_usage>
  <utilization><gpu_util>{load}</gpu_util><memory_util>N/A</memory_util></utilization>
  <temperature><gpu_temp>27 C</gpu_temp></temperature>
  <gpu_power_readings><power_draw>67.03 W</power_draw><current_power_limit>500.00 W</current_power_limit></gpu_power_readings>
  <clocks><sm_clock>1275 MHz</sm_clock></clocks><max_clocks><sm_clock>1410 MHz</sm_clock></max_clocks>
</gpu>
</nvidia_smi_log>
"""


REAL = {
    "nvidia-smi-table/*h200__*load*": (1, {"gpu_utilisation": 1.0, "vram_used_gib": 32362 / 1024, "power_w": 628, "temperature_c": 52}),
    "nvidia-smi-table/*mig*load*": (1, {"vram_used_gib": 16959 / 1024, "power_w": 295}),
    "nvidia-smi-table/windows*load*": (1, {"gpu_utilisation": 0.07, "vram_used_gib": 1296 / 1024, "power_w": 97}),
    "nvidia-smi-q-text/*mig*load*": (
        1,
        {"vram_used_gib": 16959 / 1024, "pcie_tx_gbs": 5136e-6, "pcie_rx_gbs": 36408e-6, "power_w": 294.94},
    ),
    "nvidia-smi-q-text/windows*load*": (1, {"gpu_utilisation": 0.07, "memory_controller_busy": 0.03, "sm_clock_mhz": 2055}),
    "nvidia-smi-q-xml/*tesla-t4*": (1, {"gpu_utilisation": 0, "power_w": 26.78, "temperature_c": 40}),
    "nvidia-smi-q-xml/*v13*": (1, {"memory_controller_busy": 0.37, "vram_used_gib": 3534 / 1024, "power_w": 8.81, "pcie_tx_gbs": 830e-6}),
    "hl-smi-log/*": (5, {"power_w": 90, "vram_used_gib": 0.75, "temperature_c": 26, "gpu_utilisation": 0}),
    "ixsmi-text/*": (2, {"sm_clock_mhz": 1500, "memory_clock_mhz": 1600, "vram_used_gib": 116 / 1024}),
    "kunlun-xpu-smi-text/*": (1, {"power_w": 91, "vram_used_gib": 31058 / 1024, "vram_utilisation": 31058 / 98304}),
    "cnmon-text/*": (2, {"power_w": 106, "temperature_c": 32, "gpu_utilisation": 0, "vram_used_gib": 0}),
    "mthreads-gmi-text/*": (1, {"gpu_utilisation": 0, "vram_used_gib": 662 / 1024, "temperature_c": 41}),
    "mx-smi-text/mxsmi_c500*": (1, {"gpu_utilisation": 0, "vram_used_gib": 858 / 1024, "power_w": 48, "temperature_c": 45}),
}


@pytest.mark.parametrize("pattern", REAL)
def test_real_tables(shared_data, tmp_path, pattern):
    rows, wanted = REAL[pattern]
    (path,) = (shared_data / "traces").glob(pattern)
    trace = read(tmp_path, path.read_bytes())
    assert trace.files[0].rows == rows and {metric: values(trace, metric)[0] for metric in wanted} == pytest.approx(wanted)
    assert all(device.memory_gib and device.name for device in trace.devices) and trace.environment


def test_real_names_and_environment(shared_data, tmp_path):
    def one(pattern: str) -> Trace:
        (path,) = (shared_data / "traces").glob(pattern)
        return read(tmp_path, path.read_bytes())

    a100 = one("nvidia-smi-q-xml/*a100*")
    assert [(device.id, device.name, device.memory_gib) for device in a100.devices] == [("1", "NVIDIA A100-SXM4-80GB", 80.0)]
    assert a100.environment == {"driver": "535.54.03", "cuda": "12.2", "pcie": "gen4 x16", "power_limit_w": "500", "mig": "enabled"}
    assert a100.skipped == {"skipped.mig_instance": 4} and np.datetime64(a100.start_ns, "ns") == np.datetime64("2023-08-04T11:44:30")
    ixsmi = one("ixsmi-text/*")
    assert [device.name for device in ixsmi.devices] == ["Iluvatar BI-V150"] * 2 and ixsmi.environment["driver"] == "4.1.0"
    assert "power_w" not in {series.metric for series in ixsmi.series if series.device == "0"} and values(ixsmi, "power_w", "1") == [93]
    cnmon = one("cnmon-text/*")
    assert [device.name for device in cnmon.devices] == ["MLU370-X8"] * 2 and cnmon.devices[0].memory_gib == pytest.approx(23374 / 1024)
    assert one("kunlun-xpu-smi-text/*").devices[0].name == "P800 OAM" and one("mx-smi-text/mxsmi_c500*").devices[0].name == "MetaX C500"
    gaudi = one("hl-smi-log/*")
    assert gaudi.devices[0].name == "HL-225" and gaudi.clock == "local" and values(gaudi, "power_w")[:3] == [90, 91, 92]
    assert gaudi.duration_ns == pytest.approx(1222e9, abs=5e9)


def test_the_link_matrix_describes_and_measures_nothing(shared_data, tmp_path):
    trace = read(tmp_path, next((shared_data / "traces" / "mx-smi-text").glob("*topo*")).read_bytes())
    assert trace.files[0].format == "mx-smi" and trace.is_snapshot and not trace.series and "reading.topology" in codes(trace)
    assert sum(device.kind == "gpu" for device in trace.devices) == 8 and sum(device.kind == "nic" for device in trace.devices) == 6
    assert trace.environment == {"card_links": "NODE × 16, MX × 12", "tool": "2.2.9"}


def test_tables_one_after_another_are_a_series(tmp_path):
    text = table("Wed Dec 31 23:59:59 2025", 10, 1024) + table("Thu Jan  1 00:00:04 2026", 20, 2048)
    trace = read(tmp_path, text)
    assert trace.files[0].format == "nvidia-smi-text" and trace.duration_ns == 5 * 10**9 and not trace.is_snapshot
    assert values(trace, "gpu_utilisation") == pytest.approx([0.1, 0.2]) and values(trace, "vram_used_gib", "1") == [2.0, 3.0]
    assert "gpu_utilisation" not in {one.metric for one in trace.series if one.device == "1"}
    assert trace.environment == {"driver": "550.54.15", "cuda": "12.4", "tool": "550.54.15", "power_limit_w": "400"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_table_as_windows_writes_it(tmp_path, encoding):
    trace = read(tmp_path, "PS C:\\> nvidia-smi\n".replace("\n", "\r\n") + table("", 10, 1024).replace("\n", "\r\n"), encoding)
    assert trace.files[0].rows == 2 and "reading.snapshot" in codes(trace)


def test_tables_in_quoted_cells(tmp_path):
    rows = "".join(f'2026-01-01 00:00:0{n},"{table("", 10 + n, 1024)}"\n' for n in range(3))
    trace = read(tmp_path, "time,raw_output\n" + rows)
    assert trace.files[0].format == "nvidia-smi-text" and values(trace, "gpu_utilisation") == pytest.approx([0.10, 0.11, 0.12])
    assert trace.duration_ns == 2 * 10**9


def test_a_cut_table_tells_the_lost_card(tmp_path):
    text = table("Wed Dec 31 23:59:59 2025", 10, 1024)
    trace = read(tmp_path, text[: text.index("| N/A   41C")])
    assert trace.files[0].rows == 1 and trace.skipped == {"skipped.bad_row": 1}


def test_query_text_takes_the_card_not_the_instance(tmp_path):
    trace = read(
        tmp_path, query_text("Thu Jan  1 00:00:00 2026", "10 %", minor=5) + query_text("Thu Jan  1 00:00:10 2026", "30 %", minor=5)
    )
    assert values(trace, "vram_used_gib", "5") == [40.0, 40.0] and values(trace, "gpu_utilisation", "5") == pytest.approx([0.1, 0.3])
    assert values(trace, "pcie_tx_gbs", "5") == [2.0, 2.0] and values(trace, "sm_clock_mhz", "5") == [1410, 1410]
    assert {one.metric for one in trace.series} >= {"power_w", "vram_utilisation"} and trace.skipped == {"skipped.mig_instance": 2}
    assert trace.environment["pcie"] == "gen5 x16" and trace.environment["mig"] == "enabled" and trace.duration_ns == 10**10


def test_xml_documents_one_after_another(tmp_path):
    text = xml("Thu Jan  1 00:00:00 2026", "10 %") + xml("Thu Jan  1 00:00:02 2026", "[N/A]") + xml("Thu Jan  1 00:00:04 2026", "30 %")
    trace = read(tmp_path, text)
    found = values(trace, "gpu_utilisation")
    assert found[0] == 0.1 and np.isnan(found[1]) and found[2] == 0.3 and values(trace, "vram_used_gib") == [20.0] * 3
    assert trace.devices[0].memory_gib == 80 and trace.duration_ns == 4 * 10**9 and trace.skipped["skipped.mig_instance"] == 3


def test_cut_and_damaged_xml_is_read_as_far_as_it_goes(tmp_path):
    whole = xml("Thu Jan  1 00:00:00 2026", "10 %") + xml("Thu Jan  1 00:00:02 2026", "20 %").replace("</pci>", "</pcie>") + xml("", "30 %")
    trace = read(tmp_path, whole[: whole.rindex("<temperature>")])
    assert trace.files[0].rows == 1 and trace.skipped["skipped.damaged_card"] == 2 and "reading.card_damaged" in codes(trace)
    assert next(one for one in trace.warnings if one.code == "reading.card_damaged").params["line"] == 21
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path, whole[:400])
    assert caught.value.message.code == "reading.no_cards" and all(render_remedy(caught.value.message, lang) for lang in LANGUAGES)


def test_entities_are_not_resolved(tmp_path):
    bomb = '<!DOCTYPE nvidia_smi_log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + xml("Thu Jan  1 00:00:00 2026", "&b;")
    with pytest.raises(UnreadableFile):
        read(tmp_path, bomb)


def test_moore_threads_with_a_perf_column(tmp_path):
    text = """Tue Jun 23 17:48:04 2026
---------------------------------------------------------------------
    mthreads-gmi:2.4.1           Driver Version:5.1.0-server
---------------------------------------------------------------------
ID   Name                 |PCIe                |%GPU  Mem
     Device Type   Perf   |Pcie Lane Width     |Temp  MPC Capable
                                               |      ECC Mode
+-------------------------------------------------------------------+
0    MTT TEST             |00000000:18:00.0    |58%   30094MiB(81920MiB)
     Physical      P0     |16x(16x)            |48C   YES
                                               |      On-die, EDC
+-------------------------------------------------------------------+
1    MTT TEST             |00000000:3a:00.0    |N/A   0MiB(81920MiB)
     Physical      P0     |16x(16x)            |48C   YES
"""
    trace = read(tmp_path, text)
    assert values(trace, "gpu_utilisation") == pytest.approx([0.58]) and trace.devices[1].memory_gib == 80
    assert trace.environment["driver"] == "5.1.0-server" and trace.devices[0].name == "MTT TEST"


def test_gaudi_rows(tmp_path):
    text = "timestamp, index, utilization.aip [%], memory.used [MiB], memory.total [MiB], power.draw [W], temperature.aip [C]\n" + "".join(
        f"Tue Feb  6 14:12:0{second} UTC 2024, {card}, {50 + card} %, 768 MiB, 98304 MiB, 120 W, 30 C\n"
        for second in (5, 6)
        for card in (0, 1)
    )
    trace = read(tmp_path, text)
    assert trace.files[0].format == "hl-smi" and values(trace, "gpu_utilisation", "1") == pytest.approx([0.51, 0.51])
    assert trace.duration_ns == 10**9 and np.datetime64(trace.start_ns, "ns") == np.datetime64("2024-02-06T14:12:05")


SAMPLES = [
    table("Wed Dec 31 23:59:59 2025", 10, 1024),
    query_text("Thu Jan  1 00:00:00 2026", "10 %"),
    xml("Thu Jan  1 00:00:00 2026", "1 %"),
    "mx-smi  version: 2.2\n= MetaX System Management Interface Log =\n   GPU0 GPU1 NIC0\nGPU0 X MX PIX\nGPU1 MX X PIX\n",
    "| CNMON v5.1 |\n| 0 / MLU  v1 | 0000:39:00.0 | 0% N/A |\n| 0% 32C 106 W/ 250 W | 0 MiB/ 23374 MiB | N/A |\n",
    "mthreads-gmi:2.0\n0    MTT S80        |00000000:01:00.0    |0%    662MiB(16384MiB)\n  Physical |16x |41C\n",
]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sample=st.sampled_from(SAMPLES), edits=st.lists(st.tuples(st.integers(0, 1800), st.integers(0, 40), st.text(max_size=8)), max_size=4)
)
def test_no_mutation_makes_a_reader_fall_over(tmp_path, sample, edits):
    for place, length, text in edits:
        sample = sample[:place] + text + sample[place + length :]
    try:
        trace = read(tmp_path, sample + sample[: len(sample) // 2])
    except EngineError as error:
        assert error.message.code.startswith("reading.")
    else:
        assert trace.series or trace.warnings
