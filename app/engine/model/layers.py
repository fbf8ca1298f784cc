"""What a site or a project adds to the shipped platform base: changed facts, platforms of its own, servers and clusters."""

from msgspec import Struct


class FactChange(Struct, frozen=True):
    """One fact as a layer says it. value None says that it is not known after all."""

    platform: str
    key: str
    value: float | str | None
    source: str
    as_of: str
    who: str = ""
    note: str = ""
    confidence: str = ""


class OwnPlatform(Struct, frozen=True):
    """A platform that a site adds. based_on: the platform whose facts it starts from, "" for none."""

    id: str
    product_en: str
    product_zh: str = ""
    based_on: str = ""
    vendor_en: str = ""
    vendor_zh: str = ""
    family: str = ""
    domestic: bool | None = None
    note: str = ""


class Server(Struct, frozen=True):
    """A machine: its cards, host, network cards, network between machines, storage, power and cooling. None and "" = not known."""

    id: str
    name_en: str
    platform: str
    cards: int
    name_zh: str = ""
    cpu: str = ""
    memory_gib: float | None = None
    nics: int | None = None
    nic_gbps: float | None = None
    network: str = ""
    storage: str = ""
    disk_gbs: float | None = None
    power_kw: float | None = None
    cooling: str = ""
    rack_units: float | None = None
    source: str = ""
    as_of: str = ""
    confidence: str = ""
    note: str = ""
    layer: str = "shipped"


class Cluster(Struct, frozen=True):
    """So many servers of one kind, and what joins them."""

    id: str
    name_en: str
    node: str
    nodes: int
    name_zh: str = ""
    network: str = ""
    storage: str = ""
    power_kw: float | None = None
    cooling: str = ""
    source: str = ""
    as_of: str = ""
    confidence: str = ""
    note: str = ""
    layer: str = "shipped"


class SiteData(Struct, frozen=True):
    """All that a site adds; also what a pack carries. `changes` stand in the order they were made, the last of a fact counts."""

    version: int = 1
    changes: tuple[FactChange, ...] = ()
    platforms: tuple[OwnPlatform, ...] = ()
    servers: tuple[Server, ...] = ()
    clusters: tuple[Cluster, ...] = ()
