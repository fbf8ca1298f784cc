"""Record what autograd keeps for small models, into tests/data/autograd.csv.

Run by hand in an environment of its own that has torch and transformers (they are no dependency of the project):

    python tests/accuracy/record_autograd.py [--only FAMILY] [--explain N]

A row: a model built from its configuration with random weights, one forward pass with labels = inputs, one backward pass.
kept_bytes: storages saved when the forward pass is over; kept_bytes_views: sizes of the saved views, which count a shared storage each
time; peak_bytes: most bytes of saved storages alive at once up to the end of backward (with recomputation: layer inputs and one layer).
kernels: "cuda" = dropout and attention with dropout as CUDA saves them (cuda_kernels.py), "cpu" = as this machine does.
"""

import argparse
import contextlib
import csv
import gc
import warnings
from pathlib import Path

import torch
import transformers
from cases import COLUMNS, all_cases
from cuda_kernels import as_on_cuda
from plain_models import PlainModel
from saved_tensors import count

TABLE = Path(__file__).resolve().parents[1] / "data" / "autograd.csv"
TYPES = {"gemma3": "gemma3_text", "qwen2-moe": "qwen2_moe", "qwen3-moe": "qwen3_moe"}


def config_of(case: dict) -> transformers.PretrainedConfig:
    """Return the Hugging Face configuration of a case."""
    family, drop = case["family"], case["dropout"]
    if family == "gpt2":
        sizes = {"n_embd": case["hidden"], "n_layer": case["layers"], "n_head": case["heads"], "n_inner": case["intermediate"]}
        drops = {"attn_pdrop": drop, "resid_pdrop": drop, "embd_pdrop": drop}
        more = {"vocab_size": case["vocab"], "n_positions": case["max_positions"]}
        return transformers.GPT2Config(**sizes, **drops, **more, tie_word_embeddings=case["tied_embeddings"])
    settings = {
        "hidden_size": case["hidden"],
        "num_hidden_layers": case["layers"],
        "num_attention_heads": case["heads"],
        "intermediate_size": case["intermediate"],
    }
    if family == "vit":
        settings |= {"image_size": case["image_size"], "patch_size": case["patch_size"], "num_channels": case["channels"]}
        settings |= {"num_labels": case["classes"]}
    else:
        settings |= {"vocab_size": case["vocab"], "max_position_embeddings": case["max_positions"]}
    if family in ("bert", "vit"):
        settings |= {"hidden_dropout_prob": drop, "attention_probs_dropout_prob": drop}
    else:
        settings |= {"num_key_value_heads": case["kv_heads"], "head_dim": case["head_dim"], "attention_dropout": drop}
        settings |= {"tie_word_embeddings": case["tied_embeddings"], "sliding_window": case["sliding_window"] or None}
    if family.startswith("gemma") or family in ("llama", "qwen2", "qwen3"):
        settings.pop("sliding_window", None)
    if family == "mixtral":
        settings |= {"num_local_experts": case["experts"], "num_experts_per_tok": case["experts_per_token"]}
    elif case["experts"]:
        settings |= {"num_experts": case["experts"], "num_experts_per_tok": case["experts_per_token"]}
        settings |= {"moe_intermediate_size": case["moe_intermediate"]}
        if case["shared_intermediate"]:
            settings |= {"shared_expert_intermediate_size": case["shared_intermediate"]}
    return transformers.AutoConfig.for_model(TYPES.get(family, family), **settings)


def transformer_of(case: dict, dtype: torch.dtype) -> torch.nn.Module:
    """Return the model of a case from Hugging Face's classes."""
    config = config_of(case)
    config._attn_implementation = "sdpa" if case["attention"] == "flash" else "eager"
    kinds = {"bert": transformers.AutoModelForMaskedLM, "vit": transformers.AutoModelForImageClassification}
    model = kinds.get(case["family"], transformers.AutoModelForCausalLM).from_config(config, dtype=dtype)
    if case["recompute"] == "full":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return model


def record(case: dict, *, explain: bool = False) -> dict:
    """Return the row of one case."""
    torch.manual_seed(0)
    dtype = torch.bfloat16 if case["precision"] == "bf16" and not case["autocast"] else torch.float32
    plain = case["engine"] == "pytorch"
    model = (PlainModel(case).to(dtype) if plain else transformer_of(case, dtype)).train()
    batch = case["micro_batch"]
    if case["family"] == "vit":
        pixels = torch.randn(batch, case["channels"], case["image_size"], case["image_size"], dtype=dtype)
        inputs = {"pixel_values": pixels, "labels": torch.randint(0, case["classes"], (batch,))}
    else:
        ids = torch.randint(2, case["vocab"], (batch, case["seq_len"]))
        inputs = {"input_ids": ids, "labels": ids}
        if case["variant"] == "no_cache":
            inputs["use_cache"] = False

    def loss_of() -> torch.Tensor:
        amp = torch.autocast("cpu", torch.bfloat16) if case["autocast"] else contextlib.nullcontext()
        with amp:
            return model(inputs["input_ids"]) if plain else model(**inputs).loss

    with as_on_cuda() if case["kernels"] == "cuda" else contextlib.nullcontext():
        tensors = [value for value in inputs.values() if isinstance(value, torch.Tensor)]
        ledger, kept, views = count(model, tensors, loss_of, explain=explain)
    for origin, kind, shape, size in ledger.origins:
        print(f"{size:12d} {size / batch / case['seq_len']:10.2f} {kind:9s} {shape!s:22s} {origin}")
    found = {"kept_bytes": kept, "kept_bytes_views": views, "peak_bytes": ledger.peak}
    return case | found | {"torch": torch.__version__.split("+")[0], "transformers": "" if plain else transformers.__version__}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--explain", type=int, default=-1)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    cases = [case for case in all_cases() if case["family"].startswith(options.only)]
    if options.explain >= 0:
        print(record(cases[options.explain], explain=True))
        return
    rows = []
    for case in cases:
        rows.append(record(case))
        gc.collect()
        print(len(rows), len(cases), case["family"], rows[-1]["kept_bytes"], flush=True)
    if options.only:
        return
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
