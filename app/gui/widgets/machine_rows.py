"""The servers and clusters that a platform comes in, as rows below its facts."""

from collections.abc import Sequence

from app.engine.model.layers import Cluster, Server
from app.gui.look import Look
from app.gui.widgets.table import Cell, Heading, Row


def machine_rows(servers: Sequence[Server], clusters: Sequence[Cluster], look: Look) -> list[Row]:
    """Return a heading and one row each: what it is and where that stands, cards and power; all the rest on hover."""
    rows: list[Row] = []
    if servers or clusters:
        rows.append(Heading(look.say("page_platforms.group.machines")))
    for server in servers:
        rows.append(_row(server, look.say("page_platforms.machine.cards", count=server.cards), look))
    for cluster in clusters:
        rows.append(_row(cluster, look.say("page_platforms.machine.nodes", count=cluster.nodes), look))
    return rows


def _row(machine: Server | Cluster, count: str, look: Look) -> Row:
    tip = "\n".join(told(machine, look))
    return (Cell(_name(machine, look), tip=tip, below=machine.source), Cell(count, tip=tip, below=_power(machine, look)))


def told(machine: Server | Cluster, look: Look) -> list[str]:
    """Return what is known of a machine, a line each."""
    lines = [_name(machine, look)]
    if isinstance(machine, Server):
        network = " ".join(part for part in (_nics(machine), machine.network) if part)
        figures = {"cpu": machine.cpu, "memory": _with(machine.memory_gib, "GiB", look), "network": network, "storage": machine.storage}
        figures["height"] = _with(machine.rack_units, "U", look)
    else:
        figures = {"network": machine.network, "storage": machine.storage}
    figures["power"] = _power(machine, look)
    lines += [f"{look.say(f'page_platforms.machine.{name}')}: {value}" for name, value in figures.items() if value]
    lines += [machine.note] if machine.note else []
    return [*lines, look.say("page_platforms.source", source=machine.source), look.say(f"page_platforms.layer.{machine.layer}")]


def _name(machine: Server | Cluster, look: Look) -> str:
    return (machine.name_zh if look.lang == "zh" else "") or machine.name_en


def _nics(server: Server) -> str:
    return f"{server.nics} × {server.nic_gbps:g} Gb/s" if server.nics and server.nic_gbps else ""


def _with(value: float | None, unit: str, look: Look) -> str:
    return f"{look.number(value, 0)} {unit}" if value is not None else ""


def _power(machine: Server | Cluster, look: Look) -> str:
    cooling = look.say(f"page_platforms.machine.{machine.cooling}") if machine.cooling else ""
    power = f"{machine.power_kw:g} kW" if machine.power_kw is not None else ""
    return " · ".join(part for part in (power, cooling) if part)
