"""Quantised weights: what `quantization_config` of a config.json and the words of the serving engines say."""

from app.engine.workload.sources._facts import Facts

_BITS = {
    "awq": 4, "awq_marlin": 4, "gptq": 4, "gptq_marlin": 4, "marlin": 4, "squeezellm": 4, "bitsandbytes": 4, "bnb": 4, "nf4": 4, "hqq": 4,
    "mxfp4": 4, "nvfp4": 4, "modelopt_fp4": 4, "w4a16": 4, "w4a8": 4, "int4": 4, "int4_awq": 4, "w4afp8": 4, "aqlm": 2,
    "fp8": 8, "fbgemm_fp8": 8, "modelopt": 8, "w8a8": 8, "w8a8_int8": 8, "w8a8_fp8": 8, "int8": 8, "int8_wo": 8, "experts_int8": 8,
    "eetq": 8, "llm_int8": 8, "finegrained_fp8": 8, "smoothquant": 8,
}  # fmt: skip
"""Bits per weight that each method has, or has where a file does not say."""
_USUAL = frozenset({"awq", "awq_marlin", "gptq", "gptq_marlin", "marlin", "bitsandbytes", "bnb", "hqq", "modelopt"})
_MX_GROUP = 32


def state_method(facts: Facts, word: object, name: str) -> None:
    """Take the name of a method as the bits of the weights; the usual ones where a method has several."""
    method = str(word).lower().replace("-", "_")
    if not isinstance(word, str) or method in ("none", "auto", "") or "$" in method:
        facts.state("run.weight_bits", word if "$" in method else None, name)
        return
    if method not in _BITS:
        facts.note("method", method=method[:40])
    elif method in _USUAL:
        facts.assume("run.weight_bits", _BITS[method])
    else:
        facts.state("run.weight_bits", _BITS[method], name)


def state_config(facts: Facts, config: dict) -> None:
    """Take a quantization_config (also "quantization" of a hf_quant_config.json)."""
    method = config.get("quant_method", config.get("quant_algo", ""))
    block = config.get("weight_block_size")
    if isinstance(block, list) and len(block) == 2 and all(isinstance(side, int) and not isinstance(side, bool) for side in block):  # noqa: PLR2004 - two sides
        facts.state("run.weight_bits", 8, "weight_block_size")
        facts.state("run.quant_group", block[0] * block[1], "weight_block_size")
    elif isinstance(config.get("config_groups"), dict):
        _compressed(facts, config["config_groups"])
    elif isinstance(config.get("bits"), int):
        facts.state("run.weight_bits", config["bits"], "bits")
    elif config.get("load_in_8bit") is True or config.get("load_in_4bit") is True:
        facts.state("run.weight_bits", 8 if config.get("load_in_8bit") is True else 4, "load_in_8bit")
    else:
        state_method(facts, method, "quant_method")
    if method == "mxfp4":
        facts.derive("run.quant_group", _MX_GROUP)
    group = config.get("group_size")
    if isinstance(group, int) and not isinstance(group, bool) and group > 0 and "run.quant_group" not in facts.values:
        facts.state("run.quant_group", group, "group_size")
    if isinstance(config.get("kv_cache_scheme"), dict):
        facts.state("run.kv_dtype", "fp8" if config["kv_cache_scheme"].get("type") == "float" else "int8", "kv_cache_scheme")


def _compressed(facts: Facts, groups: dict) -> None:
    """compressed-tensors: the weights of the first group; others are told."""
    weights = [one["weights"] for one in groups.values() if isinstance(one, dict) and isinstance(one.get("weights"), dict)]
    if not weights:
        return
    facts.state("run.weight_bits", weights[0].get("num_bits"), "num_bits")
    group = weights[0].get("group_size")
    if isinstance(group, int) and not isinstance(group, bool) and group > 0:
        facts.state("run.quant_group", group, "group_size")
    if any(one.get("num_bits") != weights[0].get("num_bits") for one in weights):
        facts.note("several_bits")
