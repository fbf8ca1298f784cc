"""Is the customer's operating system on a list of supported ones?"""

from app.engine.assessing._offers import Host
from app.engine.assessing._versions import Relation, System, relation, release_order

ORDER: tuple[Relation, ...] = ("same", "covers", "named", "vague", "version", "other")
KIN = (
    ("rhel", "centos", "rocky", "almalinux", "oracle", "anolis", "alinux", "tencentos", "opencloudos", "navix"),
    ("openeuler", "kylin", "euleros", "hce", "bclinux", "culinux", "ctyunos", "uos"),
    ("ubuntu", "debian"),
)
"""Distributions of one lineage, nearest to move between."""
LISTED = ("same", "covers", "named")


def graded(system: System, hosts: list[Host]) -> tuple[Relation, Host | None]:
    """Return how a list of systems stands to the customer's, and the entry that says so: the nearest release of his distribution.

    Where the list names service packs of a release, an entry without one means that release alone.
    """
    packs = {host.system.version for host in hosts if host.system.name == system.name and host.system.pack is not None}
    found: list[tuple[Relation, Host]] = []
    for host in hosts:
        grade = relation(system, host.system)
        if grade == "covers" and host.system.version in packs and host.system.pack is None and system.pack is not None:
            grade = "version"
        found.append((grade, host))
    best = _best({grade for grade, _ in found})
    if best == "other":
        return best, None
    alike = [host for grade, host in found if grade == best]
    if best != "version":
        return best, alike[0]
    mine = release_order(system)
    later = [host for host in alike if release_order(host.system) > mine]
    ordered = sorted(later or alike, key=lambda host: release_order(host.system))
    return best, ordered[0] if later else ordered[-1]


def _best(grades: set[Relation]) -> Relation:
    for grade in ORDER:
        if grade in grades:
            return grade
    return "other"


def names_of(hosts: list[Host], like: str = "") -> list[str]:
    """Return the systems of a list, each once; those of a kindred distribution and the 信创 ones first."""
    kin = next((group for group in KIN if like in group), ())

    def order(host: Host) -> tuple[bool, bool, str]:
        name = host.system.name
        return name not in kin, name not in ("kylin", "uos", "openeuler", "ubuntu"), name

    return list(dict.fromkeys(host.system.text for host in sorted(hosts, key=order)))
