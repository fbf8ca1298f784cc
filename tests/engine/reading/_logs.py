"""Logs of many ticks in the form of each tool, for readings by chapters: clocks pass midnight, devices come late, heads change."""
# ruff: noqa: E501 - the lines are as long as those of the tools

import json
from collections.abc import Callable

TICKS = 60


def clock(tick: int, start_s: int = 86_370) -> str:
    """Return the time of day of a tick that begins half a minute before midnight."""
    at = (start_s + tick) % 86_400
    return f"{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}"


def half_clock(tick: int) -> str:
    hours, rest = clock(tick).split(":", 1)
    return f"{int(hours) % 12 or 12:02d}:{rest} {'PM' if int(hours) > 11 else 'AM'}"


def stamp(tick: int) -> str:
    return f"2026-03-{1 if 86_370 + tick < 86_400 else 2:02d} {clock(tick)}"


def ticks(row: Callable[[int], str]) -> str:
    return "".join(map(row, range(TICKS)))


def dmon(tick: int, prefix: str = "", columns: str = "") -> str:
    head = f"{prefix}# {columns}gpu   pwr  mmaact hmmaact    sm\n{prefix}# Idx     W     %     %     %\n" if tick % 20 == 0 else ""
    if tick == 40:
        head = f"{prefix}# {columns}gpu   sm  hmmaact gtemp    fb\n"
    cells = f"{clock(tick)}  " if columns else ""
    return head + "".join(
        f"{prefix}{cells}  {card}   {100 + tick + card}   {'-' if tick < 30 else tick}  {tick}   {tick % 101}\n"
        for card in range(2 + (tick > 33))
    )


def dcgmi(tick: int) -> str:
    head = "#Entity   SMACT        TENSO        PCITX        FBUSD        FBFRE\nID\n" if tick % 15 == 0 else ""
    values = "N/A N/A N/A N/A N/A" if tick < 2 else f"0.{tick:02d} 0.5 {tick * 10**9} 1024 {3072 + tick}"
    return head + f"GPU 1 {values}\nGPU 0 {values}\nGPU-I 3 0.9 0.8 7 1 1\n" + "Switch 8 1 2 3 4 5\n" * (tick % 3 == 0)


def pmon(tick: int) -> str:
    head = "# gpu        pid  type    sm   mem   command\n# Idx          #   C/G     %     %   name\n" if tick == 0 else ""
    rows = [(0, 100, tick), (0, 200, 5), (1, 100, 7), (1, 300 + tick, "-")]
    return head + "".join(f"    {card}      {pid}     C    {sm}     1   python train {tick}\n" for card, pid, sm in rows)


def npu(tick: int) -> str:
    head = "NpuID(Idx)  ChipId(Idx) Pwr(W)      Temp(C)     AI Core(%)  NPU Util(%) Memory(%)\n" if tick % 25 == 0 else ""
    util = "-" if tick < 20 else tick
    return head + "".join(f"{card} {chip} 7{tick % 10}.5 40 {tick} {util} 9\n" for card in range(2) for chip in range(1 + (tick > 40)))


def usages(tick: int) -> str:
    return "".join(
        f"\tNPU ID                         : {card}\n\tChip Count                     : 1\n\n\tDDR Capacity(MB)               : 32768\n"
        f"\tDDR Usage Rate(%)              : {tick}\n\tAicore Usage Rate(%)           : {tick % 7}\n\tChip ID                        : 0\n\n"
        for card in range(2)
    )


def amd_csv(tick: int) -> str:
    head = "timestamp,gpu,power_usage,gfx,gfx_clock,vram_used,vram_total\n" if tick == 0 else ""
    power = "N/A" if tick < 30 else tick
    return head + "".join(f"{1_767_225_600 + tick},{card},{power},{tick},{900 + tick},{tick * 10},65536\n" for card in range(2))


def xpu(tick: int) -> str:
    head = "Timestamp, DeviceId, GPU Utilization (%), GPU Power (W)\n" if tick == 0 else ""
    return head + f"{clock(tick)}.000,    0, {tick}.00, 1{tick}.5\n{clock(tick)}.000,    1, N/A, 1{tick}.5\n"


def table(tick: int) -> str:
    cards = "".join(
        f"|   {card}  NVIDIA A800 80GB    On   | 00000000:1{card}:00.0 Off |                    0 |\n"
        f"| N/A   3{tick % 10}C    P0    6{tick % 10}W / {400 if tick < 50 else 300}W |   {tick}MiB / 81920MiB |      {tick}%      Default |\n"
        "+-------------------------------+----------------------+----------------------+\n"
        for card in range(1 + (tick > 20))
    )
    return (
        f"{ctime(tick)}\n+-----------------------------------------------------------------------------+\n"
        "| NVIDIA-SMI 525.60.13    Driver Version: 525.60.13    CUDA Version: 12.0     |\n"
        f"|-------------------------------+----------------------+----------------------+\n{cards}\n"
    )


def ctime(tick: int) -> str:
    return f"{'Sun' if stamp(tick)[9] == '1' else 'Mon'} Mar  {stamp(tick)[9]} {clock(tick)} 2026"


def xml(tick: int) -> str:
    cards = "".join(
        f'<gpu id="00000000:1{card}:00.0">\n<product_name>A800</product_name>\n<uuid>GPU-{card}</uuid>\n<minor_number>{3 - card}</minor_number>\n'
        f"<fb_memory_usage><total>81920 MiB</total><used>{tick} MiB</used></fb_memory_usage>\n<utilization><gpu_util>{tick} %</gpu_util>"
        f"</utilization>\n<gpu_power_readings><current_power_limit>400.00 W</current_power_limit></gpu_power_readings>\n"
        f"{'</gpu>' if tick != 37 else '</cut>'}\n"
        for card in range(2 + (tick > 45))
    )
    return (
        f'<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n<nvidia_smi_log>\n<timestamp>{ctime(tick)}</timestamp>\n'
        f"<driver_version>535.1</driver_version>\n<attached_gpus>4</attached_gpus>\n{cards}</nvidia_smi_log>\n"
    )


def query(tick: int) -> str:
    return (
        f"==============NVSMI LOG==============\n\nTimestamp                                 : {ctime(tick)}\nDriver Version       : 535.104\n"
        "Attached GPUs                             : 1\nGPU 00000000:10:00.0\n    Product Name                          : A800\n"
        f"    Utilization\n        Gpu                               : {tick} %\n    FB Memory Usage\n        Total                     : 81920 MiB\n"
        f"        Used                              : {tick} MiB\n\n"
    )


def rocm_json(tick: int) -> str:
    cards = {
        f"card{card}": {"GPU use (%)": str(tick), "Average Graphics Package Power (W)": "40.5", "GPU memory use (%)": "3"}
        for card in range(2)
    }
    if tick > 30:
        cards["card0"] |= {"VRAM Total Memory (B)": str(2**34), "VRAM Total Used Memory (B)": str(2**20 * tick)}
    return f"{stamp(tick)}\n" + json.dumps(cards, indent=4 if tick % 2 else None) + "\n"


def rocm_csv(tick: int) -> str:
    first = "device,GPU use (%),GPU memory use (%)\n" + "".join(f"card{card},{tick},{card}\n" for card in range(2))
    return first + "\ndevice,Average Graphics Package Power (W)\n" + "".join(f"card{card},{tick}.5\n" for card in range(2)) + "\n"


def rocm_table(tick: int) -> str:
    cards = "".join(
        f"{card}       6{tick % 10}.0C    {tick}.0W     auto       {600 if tick < 50 else 500}.0W    8%     {tick}%\n" for card in range(2)
    )
    return f"{stamp(tick)}\n=====================\nGPU     Temp     AvgPwr   Perf     PwrCap     VRAM%     GPU%\n{cards}=====================\n"


def mthreads(tick: int) -> str:
    return (
        f"{ctime(tick)}\n---------------------------------------------------------------\n    mthreads-gmi:2.0.0           Driver Version:3.0.0\n"
        f"---------------------------------------------------------------\n0    MTT S80        |00000000:01:00.0    |{tick}%    {tick}MiB(16384MiB)\n"
        f"     Physical       |16x(16x)            |4{tick % 10}C   YES\n                                         |      N/A\n"
        "---------------------------------------------------------------\n"
    )


BANNER = "Linux 5.15.0 (node01) \t03/01/2026 \t_x86_64_\t(4 CPU)\n\n"


def iostat(tick: int, stamped: bool = True) -> str:
    head = f"03/0{stamp(tick)[9]}/2026 {half_clock(tick)}\n" if stamped else ""
    disks = "".join(
        f"{name:10s}  1{tick}.0  {tick}.50  2.0  {tick}.25  {tick}.0\n" for name in ("sda", "sda1", "nvme0n1")[: 2 + (tick > 30)]
    )
    return (
        f"{head}avg-cpu:  %user   %nice %system %iowait  %steal   %idle\n           1.00    0.00    2.00    {tick % 9}.00    0.00   {90 - tick}.00\n\n"
        f"Device            r/s     rMB/s     w/s     wMB/s  %util\n{disks}\n"
    )


def sar(tick: int) -> str:
    names = ["sda", "dev253-0"] + ["nvme0n1"] * (not 20 < tick < 45)
    disks = "".join(f"{half_clock(tick + 1)}  {name}  10.00  {tick}.00  2048.00  12.00\n" for name in names)
    restart = f"\n{half_clock(tick)}       LINUX RESTART\t(4 CPU)\n" if tick == 31 else ""
    head = f"{half_clock(tick)}     CPU     %user     %nice   %system   %iowait    %steal     %idle\n"
    return (
        f"{restart}\n{head}{half_clock(tick + 1)}     all     20.00      0.00     10.00      {tick % 9}.00      0.00     65.00\n\n"
        f"{half_clock(tick)}  DEV  tps  rkB/s  wkB/s  %util\n{disks}"
    )


def long_sar(tick: int) -> str:
    head = "23:59:29  DEV  tps  rkB/s  wkB/s  %util\n" if tick == 0 else ""
    return head + "".join(f"{clock(tick)}  sd{letter}  10.00  {tick}.00  2048.00  12.00\n" for letter in "abc")


def mpstat(tick: int) -> str:
    head = f"\n{half_clock(tick)}  CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle\n"
    return head + "".join(
        f"{half_clock(tick + 1)}  {cpu}   40.00    0.00   {tick}.00    5.00    0.00    0.00    0.00    0.00    0.00   5.00\n"
        for cpu in ("all", 0, 1)
    )


def pidstat(tick: int) -> str:
    head = f"\n{clock(tick)}   UID       PID    %usr %system  %guest    %CPU   CPU   kB_rd/s   kB_wr/s kB_ccwr/s  Command\n"
    return head + "".join(
        f"{clock(tick + 1)}     0    {pid}  {tick}.00   1.00    0.00  {tick}.00     0   10.00     -1.00     -1.00  a b\n" for pid in (6, 9)
    )


def vmstat(tick: int) -> str:
    head = (
        "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n"
        " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n"
    )
    return head * (tick % 21 == 0) + f" 2  0      0 279471 295968 312724    0    0   {tick}     3   29   57 {tick} 1 {90 - tick}  2  0\n"


def sadf(tick: int) -> str:
    head = "# hostname;interval;timestamp;DEV;tps;rkB/s;wkB/s;%util\n" if tick % 30 == 0 else ""
    return head + "".join(f"n1;1;{stamp(tick)} UTC;{name};1;{tick};2;3\n" for name in ("sda", "sdb", "sda1"))


def dstat(tick: int) -> str:
    start = (
        '"Dstat 0.7.3 CSV output"\n"Author:","somebody",,,,"URL:","http://example.org"\n"Host:","node01",,,,"User:","u"\n'
        '"Cmdline:","dstat -t -c -d --output o.csv 1",,,,"Date:","31 Dec 2026 23:59:30 CST"\n'
        '"system","total cpu usage",,,,,"dsk/total",\n"time","usr","sys","idl","wai","stl","read","writ"\n'
    )
    day = "31-12" if tick % 40 < 30 else "01-01"
    return start * (tick % 40 == 0) + f"{day} {clock(tick % 40)},{tick}.0,1.0,{90 - tick}.0,1.0,0.0,{tick}e+05,0.0\n"


def perfquery(tick: int) -> str:
    return (
        f"{stamp(tick)}\n# Port counters: Lid 7 port 1 (CapMask: 0x1400)\nPortSelect:......................1\n"
        f"PortXmitData:....................{tick * 10**6 if tick != 25 else 4_294_967_295}\nPortRcvData:.....................{tick * 7 * 10**5 % 10**7}\n"
    )


def superbench(tick: int) -> str:
    more = {"gpu_usage:1": tick, "gpu_mem_used:1": 2**30, "gpu_mem_total:1": 2**34} if tick > 30 else {}
    return json.dumps({"time": stamp(tick), "cpu_usage": 3.5 * tick, "gpu_usage:0": tick, "eth0_receive_bw": tick, **more}) + "\n"


LOGS: dict[str, tuple[str, str]] = {
    "dmon without times": ("nvidia-smi-dmon", ticks(dmon)),
    "dmon -o T": ("nvidia-smi-dmon", ticks(lambda tick: dmon(tick, columns="Time        "))),
    "dmon with clocks before the lines": ("nvidia-smi-dmon", ticks(lambda tick: dmon(tick, f"[{clock(tick)}] "))),
    "dmon with dates before the lines": ("nvidia-smi-dmon", ticks(lambda tick: dmon(tick, f"{stamp(tick)} "))),
    "dmon with syslog's dates": (
        "nvidia-smi-dmon",
        ticks(lambda tick: dmon(tick, f"{'Dec 31' if tick < 30 else 'Jan  1'} {clock(tick)} ")),
    ),
    "dmon with lines of date between": ("nvidia-smi-dmon", ticks(lambda tick: (f"{stamp(tick)}\n" if tick % 5 == 0 else "") + dmon(tick))),
    "dcgmi": ("dcgmi-dmon", ticks(dcgmi)),
    "dcgmi with a command": ("dcgmi-dmon", "dcgmi dmon -e 1002,1004,1009,252,251 -d 100\n" + ticks(dcgmi).replace("#Entity", "ID")),
    "dcgmi, instances only": ("dcgmi-dmon", ticks(dcgmi).replace("GPU 0", "GPU-CI 0").replace("GPU 1", "Switch 1")),
    "pmon": ("nvidia-smi-pmon", ticks(pmon)),
    "npu-smi watch": ("npu-smi", ticks(npu)),
    "npu-smi usages": ("npu-smi", ticks(usages)),
    "amd-smi": ("amd-smi-csv", ticks(amd_csv)),
    "xpu-smi": ("intel-xpu-smi", ticks(xpu)),
    "tables": ("nvidia-smi-text", ticks(table)),
    "xml": ("nvidia-smi-xml", ticks(xml)),
    "query": ("nvidia-smi-text", ticks(query)),
    "rocm json": ("rocm-smi", ticks(rocm_json)),
    "rocm csv": ("rocm-smi", ticks(rocm_csv)),
    "rocm table": ("rocm-smi", ticks(rocm_table)),
    "mthreads": ("mthreads-gmi", ticks(mthreads)),
    "iostat": ("iostat", BANNER + ticks(iostat)),
    "iostat without times": ("iostat", BANNER + ticks(lambda tick: iostat(tick, False))),
    "sar": ("sar", BANNER + ticks(sar)),
    "sar of one activity": ("sar", BANNER + ticks(long_sar)),
    "mpstat": ("mpstat", BANNER + ticks(mpstat)),
    "pidstat": ("pidstat", BANNER + ticks(pidstat)),
    "vmstat": ("vmstat", ticks(vmstat)),
    "sadf": ("sadf", ticks(sadf)),
    "dstat": ("dstat-csv", ticks(dstat)),
    "perfquery": ("perfquery", ticks(perfquery)),
    "superbench": ("superbench", ticks(superbench)),
}
"""What it is -> the slug of its format and the text."""
