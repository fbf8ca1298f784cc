"""Text logs of at least 300 MB in the form of the tools that write them, made here."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

LEAST_BYTES = 320 * 10**6


def generators() -> Iterator[np.random.Generator]:
    """Yield one source of random numbers after another."""
    seed = 0
    while True:
        yield np.random.default_rng(seed)
        seed += 1


def fill(path: Path, blocks: Iterator[str], start: str = "", end: str = "") -> None:
    """Write blocks until the file is large enough."""
    with path.open("w") as file:
        written = file.write(start)
        while written < LEAST_BYTES:
            written += file.write("".join(islice(blocks, 500)))
        file.write(end)


def dcgmi_dmon(path: Path) -> None:
    """Eight cards, twelve fields, the head again every 240 rows."""
    head = "#Entity   GRACT   SMACT   SMOCC   TENSO   DRAMA   FP64A   FP32A   FP16A   PCITX        PCIRX        NVLTX        NVLRX\nID\n"
    fill(path, (head + "".join(_dcgmi_block(rng)) for rng in generators()))


def _dcgmi_block(rng: np.random.Generator) -> Iterator[str]:
    shares, rates = rng.random((240, 8)).round(3).tolist(), rng.integers(0, 2 * 10**10, (240, 4)).tolist()
    for row, (some, more) in enumerate(zip(shares, rates, strict=True)):
        yield f"GPU {row % 8}     " + "".join(f"{one:<8.3f}" for one in some) + "".join(f"{one:<13d}" for one in more) + "\n"


def nvidia_smi_dmon(path: Path) -> None:
    """Eight cards with date and time, the head again every 240 rows."""
    head = (
        "#Date       Time        gpu    pwr  gtemp  mtemp     sm    mem    enc    dec   mclk   pclk     fb  rxpci  txpci\n"
        "#YYYYMMDD   HH:MM:SS    Idx      W      C      C      %      %      %      %    MHz    MHz     MB   MB/s   MB/s\n"
    )

    def blocks() -> Iterator[str]:
        row = 0
        for rng in generators():
            values = rng.integers(0, 100, (240, 12)).tolist()
            stamps = np.datetime_as_string(np.datetime64("2026-01-01T00:00:00", "s") + (row + np.arange(240)) // 8, unit="s").tolist()
            row += 240
            yield head + "".join(
                f" {stamp[:10].replace('-', '')}   {stamp[11:]}      {at % 8} {''.join(f'{one:7d}' for one in numbers)}\n"
                for at, (stamp, numbers) in enumerate(zip(stamps, values, strict=True))
            )

    fill(path, blocks())


def iostat(path: Path) -> None:
    """`iostat -xt 1` of a host with twelve disks."""
    head = (
        "Device            r/s     rkB/s   rrqm/s  %rrqm r_await rareq-sz"
        "     w/s     wkB/s   wrqm/s  %wrqm w_await wareq-sz  aqu-sz  %util\n"
    )

    def blocks() -> Iterator[str]:
        second = np.datetime64("2026-01-01T00:00:00", "s")
        for rng in generators():
            values = rng.uniform(0, 90, (12, 14)).tolist()
            second += np.timedelta64(1, "s")
            date, _, clock = str(second).partition("T")
            yield (
                f"{date[5:7]}/{date[8:]}/{date[:4]} {clock}\navg-cpu:  %user   %nice %system %iowait  %steal   %idle\n"
                f"          20.00    0.00    5.00    {values[0][0] / 10:.2f}    0.00   {values[0][1] / 2:.2f}\n\n{head}"
                + "".join(f"nvme{at}n1   {''.join(f'{one:9.2f}' for one in row)}\n" for at, row in enumerate(values))
                + "\n"
            )

    fill(path, blocks(), "Linux 5.15.0 (node01) \t01/01/2026 \t_x86_64_\t(96 CPU)\n\n")


def sar(path: Path) -> None:
    """`sar -u -d -n DEV 1`: three activities a second, a clock without a date that passes midnight."""
    heads = (
        ("CPU     %user     %nice   %system   %iowait    %steal     %idle", ("all",), 6),
        ("DEV       tps     rkB/s     wkB/s     dkB/s   areq-sz    aqu-sz     await     %util", tuple(f"nvme{n}n1" for n in range(8)), 8),
        ("IFACE   rxpck/s   txpck/s    rxkB/s    txkB/s   rxcmp/s   txcmp/s  rxmcst/s   %ifutil", ("lo", "eth0", "ib0", "ib1"), 8),
    )

    def blocks() -> Iterator[str]:
        for second, rng in enumerate(generators()):
            before, now = (f"{at // 3600 % 24:02d}:{at // 60 % 60:02d}:{at % 60:02d}" for at in (second, second + 1))
            values = iter(rng.uniform(0, 90, 110).tolist())
            yield "".join(
                f"{before}        {head}\n"
                + "".join(f"{now}    {name:>9s}{''.join(f'{next(values):10.2f}' for _ in range(width))}\n" for name in names)
                + "\n"
                for head, names, width in heads
            )

    fill(path, blocks(), "Linux 5.15.0 (node01) \t01/01/2026 \t_x86_64_\t(96 CPU)\n\n")


def dcgm_exporter(path: Path) -> None:
    """/metrics of eight cards saved in a loop, with a date between the scrapes."""
    fields = [
        "GPU_UTIL",
        "FB_USED",
        "FB_FREE",
        "POWER_USAGE",
        "GPU_TEMP",
        "SM_CLOCK",
        "MEM_CLOCK",
        "ENC_UTIL",
        "XID_ERRORS",
        "PCIE_REPLAY_COUNTER",
    ]
    names = [*(f"DCGM_FI_DEV_{name}" for name in fields)]
    names += [f"DCGM_FI_PROF_{name}" for name in ("SM_ACTIVE", "PIPE_TENSOR_ACTIVE", "DRAM_ACTIVE", "PCIE_TX_BYTES", "PCIE_RX_BYTES")]
    cards = [
        f'{{gpu="{card}",UUID="GPU-6d5c{card}",pci_bus_id="00000000:{card}7:00.0",device="nvidia{card}",modelName="NVIDIA A800-SXM4-80GB",'
        f'Hostname="node01",DCGM_FI_DRIVER_VERSION="535.104.05"}}'
        for card in range(8)
    ]

    def blocks() -> Iterator[str]:
        second = np.datetime64("2026-01-01T00:00:00", "s")
        for rng in generators():
            second += np.timedelta64(1, "s")
            values = iter(rng.random(len(names) * len(cards)).round(6).tolist())
            yield f"# {second}Z\n" + "".join(
                f"# HELP {name} {name.lower()}.\n# TYPE {name} gauge\n" + "".join(f"{name}{card} {next(values)}\n" for card in cards)
                for name in names
            )

    fill(path, blocks())


def npu_smi(path: Path) -> None:
    """`npu-smi info watch` of eight NPUs: no time, the head once a screen."""
    head = "NpuID(Idx)  ChipId(Idx) Pwr(W)      Temp(C)     AI Core(%)  AI Cpu(%)   Ctrl Cpu(%) Memory(%)   Memory BW(%)\n"

    def blocks() -> Iterator[str]:
        for rng in generators():
            values = rng.integers(0, 100, (240, 7)).tolist()
            yield head + "".join(
                f"{at % 8:<12d}0           {''.join(f'{one:<12d}' for one in numbers)}\n" for at, numbers in enumerate(values)
            )

    fill(path, blocks())


def nvidia_smi_xml(path: Path) -> None:
    """`nvidia-smi -q -x -l 1` of eight cards: whole documents one after another."""

    def blocks() -> Iterator[str]:
        second = np.datetime64("2026-01-01T00:00:00", "s")
        for rng in generators():
            second += np.timedelta64(1, "s")
            when = second.astype(object).strftime("%a %b %d %H:%M:%S %Y")
            cards = "".join(_xml_card(card, *rng.integers(1, 100, 6).tolist()) for card in range(8))
            yield (
                '<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n<nvidia_smi_log>\n'
                f"\t<timestamp>{when}</timestamp>\n\t<driver_version>535.104.05</driver_version>\n\t<cuda_version>12.2</cuda_version>\n"
                f"\t<attached_gpus>8</attached_gpus>\n{cards}</nvidia_smi_log>\n"
            )

    fill(path, blocks())


def _xml_card(card: int, busy: int, memory: int, used: int, hot: int, watts: int, clock: int) -> str:
    retired = "".join(f"\t\t\t<{name}_count>0</{name}_count>\n" for name in ("volatile", "aggregate", "single_bit", "double_bit"))
    reasons = "".join(f"\t\t\t<clocks_event_reason_{number}>Not Active</clocks_event_reason_{number}>\n" for number in range(12))
    clocks = "".join(f"\t\t\t\t<supported_graphics_clock>{1980 - 15 * number} MHz</supported_graphics_clock>\n" for number in range(60))
    return f"""\t<gpu id="00000000:{card}7:00.0">
\t\t<product_name>NVIDIA A800-SXM4-80GB</product_name>
\t\t<uuid>GPU-6d5c{card}</uuid>
\t\t<minor_number>{card}</minor_number>
\t\t<mig_mode>\n\t\t\t<current_mig>Disabled</current_mig>\n\t\t</mig_mode>
\t\t<pci>
\t\t\t<pci_gpu_link_info>
\t\t\t\t<pcie_gen>\n\t\t\t\t\t<max_link_gen>4</max_link_gen>\n\t\t\t\t</pcie_gen>
\t\t\t\t<link_widths>\n\t\t\t\t\t<max_link_width>16x</max_link_width>\n\t\t\t\t</link_widths>
\t\t\t</pci_gpu_link_info>
\t\t\t<tx_util>{busy * 1000} KB/s</tx_util>\n\t\t\t<rx_util>{memory * 1000} KB/s</rx_util>
\t\t</pci>
\t\t<retired_pages>\n{retired}\t\t</retired_pages>
\t\t<clocks_event_reasons>\n{reasons}\t\t</clocks_event_reasons>
\t\t<fb_memory_usage>\n\t\t\t<total>81920 MiB</total>\n\t\t\t<used>{used * 800} MiB</used>\n\t\t</fb_memory_usage>
\t\t<utilization>\n\t\t\t<gpu_util>{busy} %</gpu_util>\n\t\t\t<memory_util>{memory} %</memory_util>\n\t\t</utilization>
\t\t<temperature>\n\t\t\t<gpu_temp>{hot} C</gpu_temp>\n\t\t</temperature>
\t\t<gpu_power_readings>\n\t\t\t<power_draw>{watts * 4}.50 W</power_draw>\n\t\t\t<current_power_limit>400.00 W</current_power_limit>
\t\t</gpu_power_readings>
\t\t<clocks>\n\t\t\t<sm_clock>{clock * 14} MHz</sm_clock>\n\t\t\t<mem_clock>1593 MHz</mem_clock>\n\t\t</clocks>
\t\t<supported_clocks>\n\t\t\t<supported_mem_clock>\n{clocks}\t\t\t</supported_mem_clock>\n\t\t</supported_clocks>
\t</gpu>
"""
