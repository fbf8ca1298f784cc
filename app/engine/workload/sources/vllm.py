"""Arguments of a serving engine, vLLM, SGLang or TensorRT-LLM: the command as a shell line or script, or its options as JSON or YAML."""

import re

from app.engine.model.workloads import Workload, normalise_precision
from app.engine.workload.sources._document import Document
from app.engine.workload.sources._facts import Facts
from app.engine.workload.sources._options import Options, options_of
from app.engine.workload.sources._presets import state_model_name
from app.engine.workload.sources._quantisation import state_method

_KEYS: dict[str, tuple[str, ...]] = {
    "tensor_parallel": ("tensor_parallel_size", "tp", "tp_size"),
    "pipeline_parallel": ("pipeline_parallel_size", "pp", "pp_size"),
    "expert_parallel": ("ep", "ep_size", "expert_parallel_size", "moe_expert_parallel_size"),
    "context_parallel": ("decode_context_parallel_size", "cp_size", "context_parallel_size"),
    "nodes": ("nnodes",),
    "seq_len": ("max_model_len", "context_length", "max_seq_len"),
    "concurrency": ("max_concurrency", "max_num_seqs", "max_running_requests", "max_batch_size"),
    "prefill_tokens": ("max_num_batched_tokens", "chunked_prefill_size", "max_num_tokens", "max_prefill_tokens"),
    "kv_block": ("block_size", "page_size", "tokens_per_block"),
    "memory_fraction": ("gpu_memory_utilization", "mem_fraction_static", "kv_cache_free_gpu_memory_fraction", "free_gpu_memory_fraction"),
    "input_len": ("random_input_len", "input_len"),
    "output_len": ("random_output_len", "output_len"),
}
_LENGTHS = frozenset({"max_model_len", "context_length", "max_seq_len"})
_SUFFIXES = {"k": 1000, "K": 1024, "m": 10**6, "M": 1024**2, "g": 10**9, "G": 1024**3}
_OTHER = frozenset({
    "kv_cache_dtype", "quantization", "dtype", "data_parallel_size", "dp_size", "dp", "model", "model_path", "enforce_eager"
})  # fmt: skip
_MODELS = ("model", "model_path", "model_dir", "checkpoint_dir")
_LAUNCHERS = {
    "vllm": re.compile(r"\bvllm\s+(?:serve|bench)\b|vllm\.entrypoints|\bvllm\b"),
    "sglang": re.compile(r"\bsglang\b"),
    "tensorrt-llm": re.compile(r"\btrtllm-(?:serve|build|bench|llmapi-launch)\b|\btensorrt_llm\b"),
}
_OWN = {
    "vllm": frozenset({"max_model_len", "gpu_memory_utilization", "max_num_seqs", "max_num_batched_tokens", "tensor_parallel_size"}),
    "sglang": frozenset({"mem_fraction_static", "max_running_requests", "context_length", "chunked_prefill_size", "tp_size"}),
    "tensorrt-llm": frozenset(
        {"max_batch_size", "max_num_tokens", "kv_cache_free_gpu_memory_fraction", "free_gpu_memory_fraction", "max_seq_len"}
    ),
}
NAMES = frozenset(name for names in _KEYS.values() for name in names) | _OTHER
_BEARING = frozenset({
    "enforce_eager", "cpu_offload_gb", "swap_space", "speculative_config", "speculative_model", "speculative_algorithm", "enable_lora",
    "max_loras", "load_format", "kv_cache_memory_bytes", "num_gpu_blocks_override", "enable_dp_attention", "max_total_tokens",
    "max_input_len", "prefill_context_parallel_size"
})  # fmt: skip


class Serving:
    """vllm serve, sglang.launch_server, trtllm-serve."""

    slug = "vllm"

    def recognises(self, document: Document) -> bool:
        """It starts an engine with an option of it, or names several options that are one engine's own."""
        engine = _engine(document)
        names = document.names
        if document.syntax == "listing" or not engine or {"num_layers", "zero_optimization"} & names:
            return False
        started = document.syntax == "shell" and bool(_LAUNCHERS[engine].search(document.text)) and bool(names & NAMES)
        return started or (len(names & _OWN[engine]) > 1 and "stage" not in names)

    def read(self, document: Document) -> Workload:
        """Return the workload of a service."""
        facts, options = Facts(document), options_of(document, NAMES)
        engine = _engine(document)
        state_model_name(facts, _model(options))
        facts.values["workload.engine"] = engine
        for key, names in _KEYS.items():
            for name in names:
                value = _length(options.values.get(name)) if name in _LENGTHS else options.values.get(name)
                usable = f"run.{key}" not in facts.values and value not in (True, -1, "-1")
                facts.state(f"run.{key}", value if usable else None, name)
        _types(facts, options)
        _cards(facts, options)
        if engine != "vllm" and "run.memory_fraction" in facts.values:
            facts.note("fraction", engine=engine)
        if document.syntax == "shell" and document.script.doubtful:
            facts.note("branches", names=sorted(document.script.doubtful)[:8])
        facts.leave(name for name in _BEARING & options.values.keys() if options.values[name] not in (None, False, 0, "0"))
        name = options.values.get("served_model_name")
        name = name if isinstance(name, str) and "$" not in name else _model(options).rstrip("/").rpartition("/")[2]
        return facts.workload(name or document.path.stem, "inference", ("workload.task", "workload.engine"))


def _engine(document: Document) -> str:
    """Return the engine that is started, or whose options these are; "" where none is."""
    if document.syntax == "shell":
        found = [(match.start(), engine) for engine, mark in _LAUNCHERS.items() if (match := mark.search(document.text))]
        if found:
            return min(found)[1]
    most = max(_OWN, key=lambda engine: len(document.names & _OWN[engine]))
    return most if len(document.names & _OWN[most]) > 1 else ""


def _model(options: Options) -> str:
    """Return the model that is named by an option or behind `serve`."""
    for name in _MODELS:
        if isinstance(options.values.get(name), str):
            return str(options.values[name])
    words = options.words
    for number, word in enumerate(words[:-1]):
        if word == "serve" or word.endswith("trtllm-serve"):
            following = words[number + 1]
            return words[number + 2] if following == "serve" and number + 2 < len(words) else following
    return ""


def _length(raw: object) -> object:
    """Return a length of which "32k" and "1M" are ways to write it."""
    if isinstance(raw, str) and (found := re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)([kKmMgG])", raw)):
        return int(float(found[1]) * _SUFFIXES[found[2]])
    return raw


def _types(facts: Facts, options: Options) -> None:
    values = options.values
    kind = str(values.get("kv_cache_dtype") or "")
    facts.state(
        "run.kv_dtype", "fp8" if kind.startswith("fp8") else normalise_precision(kind) or (kind if "$" in kind else None), "kv_cache_dtype"
    )
    if kind and kind != "auto" and "run.kv_dtype" not in facts.values and "$" not in kind:
        facts.note("unresolved", name="kv_cache_dtype", value=kind[:60])
    state_method(facts, values.get("quantization", values.get("q")), "quantization")
    dtype = values.get("dtype")
    facts.state("workload.precision", dtype if isinstance(dtype, str) else None, "dtype")
    facts.assume("workload.precision", "bf16")


def _cards(facts: Facts, options: Options) -> None:
    """Cards: TP x PP for each copy; SGLang's attention copies lie inside them. Experts of vLLM spread over all."""
    values = options.values
    copies = values.get("data_parallel_size", values.get("dp_size", values.get("dp", 1)))
    number = int(copies) if isinstance(copies, int) or (isinstance(copies, str) and copies.isdecimal() and len(copies) < 6) else 1  # noqa: PLR2004
    inside = values.get("enable_dp_attention") is True
    stages, tensor = facts.whole("run.pipeline_parallel") or 1, facts.whole("run.tensor_parallel") or 1
    copies_beside = 1 if inside else max(1, number)
    if not any("$" in str(values.get(name, "")) for key in ("tensor_parallel", "pipeline_parallel") for name in _KEYS[key]):
        facts.derive("run.gpus", tensor * stages * copies_beside)
    if values.get("enable_expert_parallel") is True:
        facts.state("run.expert_parallel", tensor * copies_beside, "enable_expert_parallel")


SOURCE = Serving()
