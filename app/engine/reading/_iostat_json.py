"""`iostat -o JSON` as the text that iostat writes without it: the same blocks, so that one reader reads both."""

import re

import msgspec

from app.engine.errors import UnreadableFile
from app.engine.reading._sources import Source

JSON = re.compile(rb'^\s*\{\s*"sysstat"\s*:.{0,2000}?(?:"avg-cpu"|"disk_device")\s*:', re.DOTALL)
_CPU = ("user", "nice", "system", "iowait", "steal", "idle")


def as_report(text: bytes, source: Source) -> bytes:
    """Return the blocks of all hosts as text. Raises UnreadableFile where the JSON is none."""
    try:
        hosts = msgspec.json.decode(text)["sysstat"]["hosts"]
        parts = []
        for host in hosts:
            told = (
                host.get("sysname", "Linux"),
                host.get("release", "-"),
                host.get("nodename", ""),
                host.get("date", ""),
                host.get("machine", "-"),
            )
            parts.append("{} {} ({}) \t{} \t_{}_\t({} CPU)\n".format(*told, host.get("number-of-cpus", 1)))
            parts += [_block(tick) for tick in host.get("statistics", [])]
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableFile("reading.json_broken", file=source.path, detail=str(error)) from error
    return "\n".join(parts).encode()


def _block(tick: dict) -> str:
    lines = [str(tick["timestamp"])] if "timestamp" in tick else []
    cpu = tick.get("avg-cpu")
    if cpu:
        lines += ["avg-cpu:  " + " ".join(f"%{name}" for name in _CPU), " " + " ".join(str(cpu.get(name, "-")) for name in _CPU), ""]
    disks = tick.get("disk") or []
    if disks:
        keys = [key for key in disks[0] if key != "disk_device"]
        lines.append("Device " + " ".join("%util" if key == "util" else key for key in keys))
        lines += [f"{disk.get('disk_device', '?')} " + " ".join(str(disk.get(key, "-")) for key in keys) for disk in disks]
    return "\n".join([*lines, ""])
