"""Does the owner of the engine list the model on this platform family, and if not, what is the way?"""

from collections.abc import Sequence

from app.engine.assessing._context import Check, Context
from app.engine.assessing._hpc import is_hpc_code
from app.engine.assessing._models import Match, ModelName, index_of, matches, name_of, rows_of, wanted_name
from app.engine.assessing._needs import words_of
from app.engine.assessing._telling import unknown
from app.engine.messages import Message, message
from app.engine.model.assessments import Evidence, Finding, Level

ALIASES: dict[str, tuple[str, ...]] = {
    "megatron-lm": ("megatron", "mindspeed-llm"), "megatron": ("megatron", "mindspeed-llm"), "megatron-core": ("megatron", "mindspeed-llm"),
    "modellink": ("mindspeed-llm",), "mindspeed": ("mindspeed",), "mindspeed-llm": ("mindspeed-llm",), "mindspeed-mm": ("mindspeed-mm",),
    "llama-factory": ("llama-factory",), "llamafactory": ("llama-factory",), "deepspeed": ("deepspeed",), "vllm": ("vllm",),
    "vllm-ascend": ("vllm",), "lmdeploy": ("lmdeploy",), "mindie": ("mindie",), "sglang": ("sglang",), "tgi": ("tgi",),
    "tensorrt-llm": ("tensorrt-llm", "trt-llm"), "transformers": ("transformers", "optimum"), "diffusers": ("diffusers",),
    "fastdeploy": ("fastdeploy",), "paddlepaddle": ("paddle",), "mindspore": ("mindspore",), "flagscale": ("flagscale",),
}  # fmt: skip
"""Engine as people write it -> words of the lists that mean it; Megatron on Ascend is MindSpeed-LLM."""
PLAIN = ("", "transformers", "pytorch", "torch", "diffusers", "accelerate", "peft", "trl", "fsdp", "fsdp2", "torchtitan")
"""What runs through the framework alone: no list of an engine has to name the model, its operators decide."""
SAMPLE_ONLY = ("nvidia-cuda",)
"""Families of which the list is a sample: what it does not name tells nothing."""
BENCHMARK = "FlagPerf"
"""A benchmark lists what it ran, not what an engine supports: its silence tells nothing."""
QUANTISED = ("fp8", "fp4", "int8", "int4")
BOUND = {
    "mindie": "huawei-ascend", "modellink": "huawei-ascend", "mindspeed": "huawei-ascend", "mindspeed-llm": "huawei-ascend",
    "mindspeed-mm": "huawei-ascend", "tensorrt-llm": "nvidia-cuda",
}  # fmt: skip
"""Engines that their vendor makes for its own cards alone: Huawei's repositories gitee.com/ascend, NVIDIA/TensorRT-LLM."""
_RANK = {"yes": 0, "community": 1, "no": 2}
_MOST = 4


def run(context: Context) -> Finding:
    """ok: the owner lists it; warning: community, failing or not on the engine's list, with the way; unknown: no list speaks of it."""
    workload, family = context.workload, context.platform.family
    if is_hpc_code(workload):
        name = workload.engine or workload.name
        return unknown("model", message("assessing.model.hpc", name=name), message("assessing.model.ask_port", name=name))
    if BOUND.get(words_of(workload.engine, {})[0], family) != family and family:
        said = message("assessing.model.no_engine", engine=workload.engine, family=family)
        return Finding("model", "warning", said, _families_evidence(context), _plain_way(), message("assessing.short.not_listed"))
    models = context.knowledge.models
    listed = index_of(models).get(family, ())
    if not listed:
        return unknown("model", message("assessing.model.no_list", family=family or context.platform.label("en")), _plain_way())
    wanted = wanted_name((workload.name, workload.model.family if workload.model else ""), models)
    if wanted is None:
        keys = message("assessing.stack.fill", keys=["[workload] name", "[model] family"])
        return unknown("model", message("assessing.model.not_named", name=workload.name), keys)
    tasks = ("inference",) if workload.task == "inference" else ("train", "finetune")
    rows = rows_of(models, family, tasks)
    found = matches(wanted, rows)
    if not wanted.versions and any(name_of(match.row.model).versions for match in found):
        generations = sorted({one for match in found for one in name_of(match.row.model).versions})
        return unknown(
            "model",
            message("assessing.model.which", line=next(iter(wanted.lines)), versions=generations[:8]),
            message("assessing.stack.fill", keys=["[workload] name"]),
        )
    engines = {row.engine.lower() for row, _ in rows if not row.engine.startswith(BENCHMARK)}
    return _judged(context, wanted, found, engines)


def _judged(context: Context, wanted: ModelName, found: Sequence[Match], engines: set[str]) -> Finding:
    engine, _ = words_of(context.workload.engine, {})
    words = ALIASES.get(engine, (engine,))
    own = [match for match in found if not engine or any(word in match.row.engine.lower() for word in words)]
    if own:
        return _listed(context, wanted, own, [match for match in found if match not in own])
    others = [match for match in found if match.row.official != "no"]
    family = context.platform.family
    has_list = any(word in one for word in words for one in engines)
    named = any(word in _offered(context) for word in words)
    if family in SAMPLE_ONLY or engine in PLAIN or (named and not has_list):
        code = "sample" if family in SAMPLE_ONLY else "nowhere" if not engine else "plain" if engine in PLAIN else "unlisted_engine"
        said = message(f"assessing.model.{code}", engine=context.workload.engine, family=family)
        return unknown("model", said, message("assessing.model.trial"), _evidence(others))
    said = message(f"assessing.model.{'not_listed' if has_list else 'no_engine'}", engine=context.workload.engine, family=family)
    evidence = _evidence(others) or _families_evidence(context)
    short = message("assessing.short.not_listed")
    return Finding("model", "warning", said, evidence, _way(others), short)


def _listed(context: Context, wanted: ModelName, own: list[Match], rest: list[Match]) -> Finding:
    ordered = sorted(
        own, key=lambda match: (not match.exact, _RANK.get(match.row.official, 1), match.row.confidence == "low", match.distance)
    )
    best = ordered[0]
    engine, family = best.row.engine, context.platform.family
    evidence = _evidence(ordered[:2]) + _gaps(context, wanted)
    short = message(f"assessing.short.{best.row.official if best.row.official in _RANK else 'community'}")
    if best.row.confidence == "low":
        return unknown("model", message("assessing.model.low", engine=engine), message("assessing.model.trial"), evidence)
    if best.row.official == "no":
        others = [match for match in rest if match.row.official != "no"]
        said = message("assessing.model.failing", engine=engine)
        return Finding("model", "warning", said, evidence + _evidence(others), _way(others), short)
    if not best.exact and (family in SAMPLE_ONLY or engine.startswith(BENCHMARK)):
        code = "sample" if family in SAMPLE_ONLY else "other_size"
        said = message(f"assessing.model.{code}", family=family, engine=engine, model=best.row.model)
        return unknown("model", said, message("assessing.model.trial"), evidence)
    level: Level = "ok" if best.row.official == "yes" and best.exact else "warning"
    code = "official" if best.row.official == "yes" else "community"
    if not best.exact:
        code = "other_size"
    said = message(f"assessing.model.{code}", engine=engine, model=best.row.model)
    remedy = None if level == "ok" else message("assessing.model.trial")
    if lacking := _quantisation(context):
        return Finding("model", "warning", message("assessing.model.converted", whole=said, precision=context.workload.precision or ""),
                       evidence + lacking, message("assessing.model.convert"), short)  # fmt: skip
    return Finding("model", level, said, evidence, remedy, short)


def _quantisation(context: Context) -> tuple[Evidence, ...]:
    """Return what the family offers instead where the weights come in a format that the card does not compute in."""
    precision, facts = context.workload.precision or "", context.knowledge.families.get(context.platform.family)
    if precision not in QUANTISED or facts is None:
        return ()
    supported = context.platform.text("precision_support").lower()
    offered = facts.facts.get("quantisation_support", "")
    if not supported or precision in supported:
        return ()
    return (Evidence(message("assessing.model.quantisation", offered=offered or "—"), f"{facts.source} [{facts.confidence}]"),)


def _gaps(context: Context, wanted: ModelName) -> tuple[Evidence, ...]:
    """Return what is known to be missing for this very model on the family."""
    facts = context.knowledge.families.get(context.platform.family)
    if facts is None:
        return ()
    told = [
        part.strip()
        for part in facts.facts.get("known_gaps", "").split(";")
        if (name := name_of(part)).lines & wanted.lines and name.versions & wanted.versions
    ]
    return tuple(Evidence(message("assessing.model.gap", gap=part), f"{facts.source} [{facts.confidence}]") for part in told)


def _offered(context: Context) -> str:
    facts = context.knowledge.families.get(context.platform.family)
    kinds = ("inference_engines", "training_stacks")
    return " ".join(facts.facts.get(kind, "") for kind in kinds).lower() if facts else ""


def _families_evidence(context: Context) -> tuple[Evidence, ...]:
    facts = context.knowledge.families.get(context.platform.family)
    kind = "inference_engines" if context.workload.task == "inference" else "training_stacks"
    if facts is None or not facts.facts.get(kind):
        return ()
    return (Evidence(message("assessing.model.engines", engines=facts.facts[kind]), f"{facts.source} [{facts.confidence}]"),)


def _evidence(found: Sequence[Match]) -> tuple[Evidence, ...]:
    ordered = sorted(found, key=lambda match: (_RANK.get(match.row.official, 1), match.distance))[:_MOST]
    return tuple(
        Evidence(
            message(
                "assessing.model.row",
                engine=match.row.engine,
                model=match.row.model,
                official=message(f"assessing.model.said.{match.row.official if match.row.official in _RANK else 'community'}"),
                version=match.row.version or "—",
            ),
            f"{match.row.source} [{match.row.confidence}, {match.row.as_of}]",
        )
        for match in ordered
    )


def _way(others: list[Match]) -> Message:
    official = list(dict.fromkeys(match.row.engine for match in others if match.row.official == "yes"))
    community = list(dict.fromkeys(match.row.engine for match in others if match.row.official == "community"))
    if official:
        return message("assessing.model.use_engine", engines=official[:3])
    return message("assessing.model.use_plain_or", engines=community[:3]) if community else _plain_way()


def _plain_way() -> Message:
    return message("assessing.model.use_plain")


CHECK = Check("model", run)
