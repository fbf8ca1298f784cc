"""Logs of many ticks as wrappers, other locales and other versions of the tools leave them, for readings by chapters."""
# ruff: noqa: E501 - the lines are as long as those of the tools

import json

from tests.engine.reading import _logs
from tests.engine.reading._logs import BANNER, TICKS, clock, ctime, dmon, half_clock, stamp, ticks

CHINESE_BANNER = "Linux 5.15.0 (node01) \t2026年03月01日 \t_x86_64_\t(4 CPU)\n\n"


def at(tick: int) -> str:
    """Return the time of day as a Chinese locale writes it."""
    hours, minutes, seconds = clock(tick).split(":")
    return f"{hours}时{minutes}分{seconds}秒"


def day(tick: int) -> str:
    return f"2026年03月0{stamp(tick)[9]}日"


def half(tick: int) -> str:
    time, word = half_clock(tick).split()
    return f"{'下午' if word == 'PM' else '上午'} {time}"


def behind(text: str, form: str = "date", lines: int = 7) -> str:
    """Return the text behind a wrapper's stamps, a second later after every seven lines."""
    told = {"date": stamp, "clock": lambda tick: f"[{clock(tick % 1000)}]", "epoch": lambda tick: str(1_767_225_600 + tick)}[form]
    return "".join(f"{told(number // lines)} {line}\n" for number, line in enumerate(text.splitlines()))


def chinese_sar(tick: int) -> str:
    head = f"\n{at(0)}  DEV  tps  rkB/s  wkB/s  %util\n" if tick == 0 else ""
    return head + "".join(f"{at(tick + 1)}  sd{letter}  10.00  {tick}.00  2048.00  12.00\n" for letter in "abc")


def human_sar(tick: int) -> str:
    head = f"{half(tick)}  DEV  tps  rkB/s  wkB/s  areq-sz  %util\n"
    return f"{head}{half(tick + 1)}  sda  10.00  {tick}.5{'Bk'[tick % 2]}  2.0M  1.0k  12.00%\n\n平均时间:  sda  1.00  1.0k  2.0M  1.0k  12.00%\n\n"


def human_iostat(tick: int) -> str:
    return (
        f"{day(tick)} {at(tick)}\navg-cpu:  %user   %nice %system %iowait  %steal   %idle\n           1.0%    0.0%    2.0%    {tick % 9}.0%    0.0%   {90 - tick}.0%\n\n"
        f"      tps    kB_read/s    kB_wrtn/s    kB_read    kB_wrtn Device\n    10.00        {tick}.5{'kM'[tick % 2]}       2.0G     100.0M     100.0k sda\n\n"
    )


def disks(tick: int) -> str:
    return f"      tps    kB_read/s    kB_wrtn/s    kB_read    kB_wrtn Device\n    10.00        {tick}.5k       2.0M     100.0M     100.0k sda\n\n"


def utc_vmstat(tick: int) -> str:
    head = (
        "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu----- -----timestamp-----\n"
        " r  b   交换 空闲   buff  cache   si   so    bi    bo   in   cs us sy id wa st                 UTC\n"
    )
    return (
        head * (tick % 21 == 0)
        + f" 2  0      0 279471 295968 312724    0    0   {tick}     3   29   57 {tick} 1 {90 - tick}  2  0 {stamp(tick)}\n"
    )


def dool(tick: int) -> str:
    start = (
        '"Dool 1.3.0 CSV output"\n"Author:","x",,,,"URL:","x"\n"Host:","node01",,,,"User:","u"\n"Cmdline:","dool -tcd",,,,"Date:","01 Mar 2026 23:59:30 CST"\n'
        '"system","total usage",,,,,"dsk/total",\n"time","usr","sys","idl","wai","stl","read","writ"\n'
    )
    return start * (tick == 0) + f"Mar-0{stamp(tick)[9]} {clock(tick)},{tick}.0,1.0,{90 - tick}.0,1.0,0.0,{tick}e+05,0.0\n"


def ports(tick: int) -> str:
    return f"{ctime(tick)}\n" + "".join(
        f"# Port extended counters: Lid {lid} port 1 (CapMask: 0x5300)\nPortXmitData:....................{tick * lid * 10**6}\n"
        f"PortRcvData:.....................{tick * 10**6}\n"
        for lid in (5, 6)
    )


def rocm_six(tick: int) -> str:
    rows = "".join(
        f"{card}       2     0x74a1,   55354  4{tick % 10}.0°C      {tick}.0W    NPS1, SPX, 0        132Mhz   900Mhz   0%   auto  750.0W  1%     {tick}%\n"
        for card in range(2)
    )
    return (
        f"{stamp(tick)}\n==================== ROCm System Management Interface ====================\n"
        "Device  Node  IDs              Temp        Power     Partitions          SCLK     MCLK     Fan  Perf  PwrCap  VRAM%  GPU%\n"
        f"              (DID,     GUID)  (Junction)  (Socket)  (Mem, Compute, ID)\n=====================\n{rows}=====================\n"
    )


def rocm_lines(tick: int) -> str:
    told = ("GPU use (%)", "GPU memory use (%)", "VRAM Total Memory (B)", "VRAM Total Used Memory (B)")
    return f"{ctime(tick)}\n=== % time GPU is busy ===\n" + "".join(
        f"GPU[{card}]\t\t: {word}: {2**34 if word.startswith('VRAM Total M') else tick}\n" for word in told for card in range(2)
    )


def amd_json(tick: int, indent: int | None) -> str:
    cards = [
        {
            "timestamp": 1_767_225_600 + tick,
            "gpu": card,
            "usage": {"gfx_activity": {"value": tick, "unit": "%"}},
            "power": {"socket_power": {"value": 248, "unit": "W"} if tick > 5 else "N/A"},
        }
        for card in range(2)
    ]
    text = json.dumps(cards, indent=indent)
    return (text if tick != 37 else text[: len(text) // 2]) + "\n"


def back(tick: int) -> str:
    """Return local times that are set back by an hour, when all cards are there."""
    seconds = tick - (3600 if tick >= 40 else 0) + 3600 * 3 - 40
    return f"2026-10-25 {clock(seconds, 0)}"


ODD_LOGS: dict[str, tuple[str, str]] = {
    "sar in Chinese": ("sar", CHINESE_BANNER + ticks(chinese_sar)),
    "sar for people, in Chinese": ("sar", CHINESE_BANNER + ticks(human_sar)),
    "sar behind dates": ("sar", behind(BANNER + ticks(_logs.long_sar), lines=3)),
    "sar behind clocks": ("sar", behind(BANNER + ticks(_logs.long_sar), "clock", lines=1)),
    "sar in Chinese behind dates": ("sar", behind(CHINESE_BANNER + ticks(chinese_sar), lines=2)),
    "sar with blank lines behind dates": ("sar", behind(BANNER + ticks(_logs.sar), lines=2)),
    "mpstat behind dates": ("mpstat", behind(BANNER + ticks(_logs.mpstat))),
    "pidstat behind dates": ("pidstat", behind(BANNER + ticks(_logs.pidstat))),
    "iostat for people, in Chinese": ("iostat", CHINESE_BANNER + ticks(human_iostat)),
    "iostat of disks alone, for people": ("iostat", BANNER + ticks(disks)),
    "iostat behind dates": ("iostat", behind(BANNER + ticks(lambda tick: _logs.iostat(tick, False)))),
    "iostat behind dates, in Chinese": ("iostat", behind(CHINESE_BANNER + ticks(lambda tick: _logs.iostat(tick, False)))),
    "iostat behind dates, without a banner": ("iostat", behind(ticks(lambda tick: _logs.iostat(tick, False)))),
    "iostat -t behind dates": ("iostat", behind(BANNER + ticks(_logs.iostat))),
    "iostat under lines of date": ("iostat", "".join(f"{ctime(tick)}\n{_logs.iostat(tick, False)}" for tick in range(TICKS))),
    "vmstat behind dates": ("vmstat", behind(ticks(_logs.vmstat), lines=1)),
    "vmstat behind seconds": ("vmstat", behind(ticks(_logs.vmstat), "epoch", lines=1)),
    "vmstat under lines of date": ("vmstat", "".join(f"{ctime(tick)}\n{_logs.vmstat(tick)}" for tick in range(TICKS))),
    "vmstat in UTC, in Chinese": ("vmstat", ticks(utc_vmstat)),
    "dool": ("dstat-csv", ticks(dool)),
    "perfquery of two ports": ("perfquery", ticks(ports)),
    "perfquery behind dates": ("perfquery", behind(ticks(lambda tick: _logs.perfquery(tick).partition("\n")[2]), lines=4)),
    "table of rocm 6": ("rocm-smi", ticks(rocm_six)),
    "lines of rocm": ("rocm-smi", ticks(rocm_lines)),
    "amd-smi as JSON": ("amd-smi-csv", ticks(lambda tick: amd_json(tick, 4))),
    "amd-smi as JSON on single lines": ("amd-smi-csv", ticks(lambda tick: amd_json(tick, None))),
    "dmon over the end of summer time": ("nvidia-smi-dmon", ticks(lambda tick: dmon(tick, f"{back(tick)} "))),
}
"""What it is -> the slug of its format and the text."""
