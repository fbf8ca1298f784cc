"""Which canonical operators a run uses: by the host operators of its trace, else by its kernels; and how much of its time that is."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, structs

from app.engine.assessing._operator_names import COLLECTIVES, Meaning, naming
from app.engine.model.platforms import Knowledge
from app.engine.model.porting import CustomKernel
from app.engine.model.profiles import OperatorStat, Profile

FLOATS = ("fp64", "fp32", "fp16", "bf16", "fp8")
_PARAM_COMMS = "record_param_comms"


class Used(Struct, frozen=True):
    """One operator of a run. name: canonical, or as the trace says it where the list has none.

    share      of the time of all operators (0..1); time_s: that time
    dtypes     element types of its inputs as recorded, () = not recorded; bytes: of all calls, None = not known
    kernel     the library's kernel that it is; by_class: guessed from the kind of its kernels
    """

    name: str
    calls: int
    share: float
    time_s: float
    is_listed: bool
    dtypes: tuple[str, ...] = ()
    bytes: float | None = None
    kernel: CustomKernel | None = None
    by_class: bool = False


class Usage(Struct, frozen=True):
    """The operators of a run, the longest first.

    basis     what shares are of: device time that host operators launched, host time (nothing ties kernels to operators), or kernels
    mapped    share of the time in operators of the list, or in kernels of a library with a parent there
    """

    operators: tuple[Used, ...]
    basis: Literal["device", "host", "kernels"]
    mapped: float


def usage(profile: Profile, knowledge: Knowledge) -> Usage | None:
    """Return the operators of a profile, None where it holds none."""
    rules = naming(knowledge)
    host = [(row, rules.of_host(row.name)) for row in _collectives_told(profile)]
    if any(meaning for _, meaning in host):
        by_device = any(row.device_time_s > 0 for row, _ in host) and any(row.device_time_s != row.host_time_s for row, _ in host)
        weigh = [(row, meaning, (row.device_time_s if by_device else row.host_time_s) or 0.0) for row, meaning in host]
        if not by_device:  # the host's own time in marks and wrappers is no operator's
            weigh = [(row, meaning, time) for row, meaning, time in weigh if meaning is not None]
        return _gathered(weigh, "device" if by_device else "host", knowledge)
    kernels = [(row, rules.of_kernel(row.name, row.category), row.device_time_s) for row in profile.operators]
    kernels = [one for one in kernels if one[1] is not None]
    return _gathered(kernels, "kernels", knowledge) if kernels else None


def _collectives_told(profile: Profile) -> Iterable[OperatorStat]:
    """Return the host operators with record_param_comms split by the collectives that the profile knows."""
    kinds: dict[str, float] = {}
    for one in profile.collectives:
        name = COLLECTIVES.get(one.kind, COLLECTIVES["other"])
        kinds[name] = kinds.get(name, 0.0) + one.time_s
    kinds = kinds or {COLLECTIVES["other"]: 1.0}
    total = sum(kinds.values()) or 1.0
    for row in profile.aten_ops:
        if row.name != _PARAM_COMMS:
            yield row
            continue
        for name, time in kinds.items():
            part = time / total
            yield structs.replace(row, name=name, device_time_s=row.device_time_s * part, share=row.share * part)


def _gathered(
    rows: Iterable[tuple[OperatorStat, Meaning | None, float]], basis: Literal["device", "host", "kernels"], knowledge: Knowledge
) -> Usage:
    rows = list(rows)
    total = sum(time for _, _, time in rows) or 1.0
    found: dict[tuple[str, str], Used] = {}
    mapped = 0.0
    for row, meaning, time in rows:
        if meaning is None:
            continue
        is_listed = meaning.operator in knowledge.canonical
        mapped += time if is_listed else 0.0
        name = row.name if meaning.kernel is not None or not meaning.operator else meaning.operator
        key = (name, meaning.kernel.library if meaning.kernel else "")
        known = found.get(key) or Used(name, 0, 0.0, 0.0, is_listed, kernel=meaning.kernel, by_class=meaning.by_class)
        sizes = [size for size in (known.bytes, row.bytes) if size is not None]
        found[key] = structs.replace(
            known,
            calls=known.calls + row.calls,
            share=known.share + time / total,
            time_s=known.time_s + time,
            dtypes=tuple(dict.fromkeys((*known.dtypes, *float_types(row.shapes)))),
            bytes=sum(sizes) if sizes else None,
        )
    return Usage(tuple(sorted(found.values(), key=lambda one: -one.share)), basis, mapped / total)


def float_types(shapes: str) -> tuple[str, ...]:
    """Return the floating element types of a call's text, as reading writes it: "[[2,3],[3]] bf16,fp32"."""
    _, _, types = shapes.partition(" ")
    return tuple(dict.fromkeys(word for word in types.replace(",", " ").split() if word in FLOATS))
