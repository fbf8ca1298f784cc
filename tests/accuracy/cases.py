"""The cases of record_autograd.py: shapes and runs small enough for a CPU, one thing varied at a time."""

from collections.abc import Iterator

DEFAULTS = {
    "family": "", "layers": 2, "hidden": 128, "heads": 8, "kv_heads": 8, "head_dim": 16, "intermediate": 344, "vocab": 1000,
    "max_positions": 512, "experts": 0, "experts_per_token": 0, "moe_intermediate": 0, "shared_intermediate": 0, "sliding_window": 0,
    "tied_embeddings": False, "image_size": 0, "patch_size": 0, "channels": 0, "classes": 0,
    "precision": "bf16", "autocast": 0, "engine": "transformers", "attention": "flash", "dropout": 0.0, "recompute": "none",
    "seq_len": 128, "micro_batch": 2, "kernels": "cuda", "variant": "",
}  # fmt: skip
COLUMNS = [*DEFAULTS, "kept_bytes", "kept_bytes_views", "peak_bytes", "torch", "transformers"]

SMALL = {"layers": 2, "hidden": 128, "heads": 8, "head_dim": 16}
BIG = {"layers": 4, "hidden": 256, "heads": 8, "head_dim": 32, "vocab": 8000, "seq_len": 256, "micro_batch": 1}
GATED = [{**SMALL, "kv_heads": 8, "intermediate": 344}, {**BIG, "kv_heads": 2, "intermediate": 688}]
PLAIN = [{**SMALL, "kv_heads": 8, "intermediate": 512}, {**BIG, "kv_heads": 8, "intermediate": 1024}]
RUNS = [
    {},
    {"precision": "fp32"},
    {"attention": "eager"},
    {"attention": "eager", "precision": "fp32"},
    {"recompute": "full"},
    {"recompute": "full", "attention": "eager", "seq_len": 512, "micro_batch": 1},
]
DROPS = [
    {"dropout": 0.1},
    {"dropout": 0.1, "attention": "eager"},
    {"dropout": 0.1, "precision": "fp32", "attention": "eager"},
    {"dropout": 0.1, "recompute": "full"},
    {"dropout": 0.1, "kernels": "cpu"},
    {"dropout": 0.1, "attention": "eager", "kernels": "cpu"},
]
AUTOCAST = [{"autocast": 1, "kernels": "cpu"}, {"autocast": 1, "kernels": "cpu", "attention": "eager"}]


def _family(name: str, shapes: list[dict], runs: list[dict], **fixed: object) -> Iterator[dict]:
    for shape in shapes:
        for run in runs:
            yield DEFAULTS | {"family": name} | shape | fixed | run


def all_cases() -> list[dict]:
    """Return every case, each with every key of DEFAULTS."""
    other = [{"seq_len": 64, "micro_batch": 4, "vocab": 32000, "tied_embeddings": True}, {"seq_len": 512, "hidden": 64, "head_dim": 32}]
    cases = [
        *_family("llama", GATED, RUNS),
        *_family("llama", GATED[1:], [*DROPS, *AUTOCAST, *other]),
        *_family("qwen2", GATED[1:], [*RUNS, *other], tied_embeddings=True),
        *_family("qwen3", GATED[1:], RUNS[:5], head_dim=48),
        *_family("mistral", GATED[1:], [{}, {"sliding_window": 64}]),
        *_family("gpt2", PLAIN, RUNS, tied_embeddings=True),
        *_family("gpt2", PLAIN[1:], [*DROPS, *AUTOCAST, {"variant": "no_cache"}], tied_embeddings=True),
        *_family("gpt2", PLAIN[:1], [{"recompute": "full", "attention": "eager", "micro_batch": 4}], tied_embeddings=True),
        *_family("bert", PLAIN, RUNS, tied_embeddings=True),
        *_family("bert", PLAIN[1:], [*DROPS, *AUTOCAST], tied_embeddings=True),
    ]
    experts = {"experts": 4, "experts_per_token": 2}
    cases += _family("mixtral", GATED, [*RUNS[:5], {"seq_len": 256, "experts": 8}], **experts)
    many = {"experts": 8, "experts_per_token": 2, "moe_intermediate": 96}
    cases += _family("qwen3-moe", GATED[1:], [RUNS[0], RUNS[1], RUNS[4]], **many)
    cases += _family("qwen2-moe", GATED[1:], [RUNS[0], RUNS[1]], **many, shared_intermediate=192)
    cases += _family("gemma2", GATED[1:], [RUNS[2], RUNS[3], RUNS[4] | {"attention": "eager"}], tied_embeddings=True)
    cases += _family("gemma3", GATED[1:], [RUNS[0], RUNS[1], RUNS[2], RUNS[4]], tied_embeddings=True)
    image = {"image_size": 64, "patch_size": 8, "channels": 3, "classes": 100, "seq_len": 65, "micro_batch": 4, "vocab": 0}
    pictures = [run | image for run in [*RUNS[:5], *DROPS[:4]]]
    cases += _family("vit", PLAIN[1:], pictures)
    mixed = {"autocast": 1, "kernels": "cpu"}
    cases += _family("llama", GATED[1:], [mixed | {"recompute": "full"}])
    cases += _family("gpt2", PLAIN[1:], [mixed | {"recompute": "full"}], tied_embeddings=True)
    cases += _family("qwen3", GATED[1:], [mixed], head_dim=48)
    cases += _family("mixtral", GATED[1:], [mixed], **experts)
    cases += _family("vit", PLAIN[1:], [mixed | image])
    variants = [{"variant": name} for name in ("norm_fused", "norm_low", "repeat_kv", "loss_fp32")]
    cases += _family("llama", GATED, RUNS, engine="pytorch")
    cases += _family("llama", GATED[1:], variants, engine="pytorch")
    cases += _family("gpt2", PLAIN[1:], [*RUNS, *DROPS], engine="pytorch", tied_embeddings=True)
    for case in cases:
        case["head_dim"] = case["head_dim"] if case["family"] not in ("gpt2", "bert", "vit") else case["hidden"] // case["heads"]
    return cases
