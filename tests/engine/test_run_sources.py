"""Run descriptions from files of other programs: what each says in our keys, what is assumed, and that nothing makes a reader fall over."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.errors import EngineError
from app.engine.messages import LANGUAGES, has_entry, render
from app.engine.workload import count_parameters, load_run
from app.engine.workload.sources import SOURCES, Document, _families, format_of, megatron, vllm
from app.engine.workload.sources._shell import calculate, read_script
from app.engine.workload.sources._yaml import read_yaml


@pytest.fixture
def read(tmp_path):
    """Read a text (or JSON) as a file whose name says nothing."""

    def read(content, name="unknown"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return load_run(path)[0]

    return read


def codes(workload) -> set[str]:
    for note in workload.notes:
        assert all(has_entry(note.code, lang) and "—" not in render(note, lang) for lang in LANGUAGES)
    return {note.code.rpartition(".")[2] for note in workload.notes}


def values(thing, **wanted) -> None:
    assert {key: getattr(thing, key) for key in wanted} == wanted


# Hugging Face ---------------------------------------------------------------------------------------------------------------------------

LLAMA = {
    "model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32, "num_key_value_heads": 8,
    "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 8192, "torch_dtype": "bfloat16",
}  # fmt: skip


def test_a_config_states_what_it_holds_and_nothing_else(read):
    found = read(LLAMA)
    values(found.model, family="llama", layers=32, hidden=4096, heads=32, kv_heads=8, head_dim=128, tied_embeddings=False)
    assert found.precision == "bf16" and "model.layers" in found.stated and "model.head_dim" not in found.stated
    assert "workload.task" not in found.stated and not codes(found)


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"num_key_value_heads": None}, {"kv_heads": 32}),
        ({"model_type": "mistral", "sliding_window": 4096}, {"family": "mistral", "sliding_window": 4096}),
        ({"model_type": "mistral", "sliding_window": None}, {"sliding_window": 0}),
        ({"model_type": "qwen2", "sliding_window": 131072, "use_sliding_window": False}, {"family": "qwen2", "sliding_window": 0}),
        ({"model_type": "qwen2", "sliding_window": 131072}, {"sliding_window": 0}),
        ({"model_type": "gemma3_text", "sliding_window": 512, "sliding_window_pattern": 6}, {"global_layers_every": 6}),
        ({"model_type": "gemma2", "sliding_window": 4096}, {"family": "gemma2", "global_layers_every": 2, "tied_embeddings": True}),
        (
            {"model_type": "gpt_oss", "sliding_window": 128, "layer_types": ["sliding_attention", "full_attention"] * 16},
            {"family": "gpt-oss", "sliding_window": 128, "global_layers_every": 2},
        ),
        ({"sliding_window": 4096, "layer_types": ["full_attention"] * 32}, {"sliding_window": 0, "global_layers_every": 0}),
        (
            {"model_type": "minimax", "head_dim": 128, "attn_type_list": [0, 0, 0, 0, 0, 0, 0, 1] * 4},
            {"global_layers_every": 8, "linear_value_heads": 32, "linear_key_dim": 128},
        ),
        (
            {"model_type": "qwen3_next", "full_attention_interval": 4, "linear_num_value_heads": 32, "linear_key_head_dim": 128},
            {"family": "qwen3-next", "global_layers_every": 4, "linear_value_heads": 32, "linear_key_dim": 128},
        ),
        (
            {"model_type": "qwen2_moe", "num_experts": 60, "decoder_sparse_step": 2, "shared_expert_intermediate_size": 5632},
            {"family": "qwen2-moe", "experts": 60, "moe_every": 2, "shared_intermediate": 5632},
        ),
        (
            {"model_type": "deepseek_v3", "n_routed_experts": 256, "n_shared_experts": 1, "first_k_dense_replace": 3, "kv_lora_rank": 512},
            {"family": "deepseek-v3", "experts": 256, "shared_experts": 1, "first_dense_layers": 3, "kv_lora_rank": 512, "head_dim": None},
        ),
        ({"num_experts": 8, "moe_layer_freq": [0, 1, 1, 1]}, {"first_dense_layers": 1, "moe_every": 1}),
        ({"num_experts": 8, "mlp_only_layers": [0, 1]}, {"first_dense_layers": 2}),
        ({"num_experts": 0, "num_experts_per_tok": 0, "moe_intermediate_size": 64}, {"experts": 0, "moe_intermediate": 0}),
        ({"model_type": "falcon", "num_key_value_heads": None, "multi_query": True}, {"kv_heads": 1, "tied_embeddings": True}),
        ({"model_type": "chatglm", "multi_query_attention": True, "multi_query_group_num": 2}, {"family": "chatglm", "kv_heads": 2}),
        ({"model_type": "qwen", "intermediate_size": 22016}, {"intermediate": 11008}),
        ({"model_type": "glm4_moe", "use_qk_norm": True, "attention_bias": True}, {"qk_norm": True, "attention_bias": True}),
        ({"model_type": "starcoder2", "use_bias": False}, {"attention_bias": False, "mlp_bias": False}),
        ({"model_type": "vit", "image_size": 224, "patch_size": 16, "id2label": {"0": "a", "1": "b"}}, {"classes": 2, "vocab": None}),
        ({"model_type": "dinov2", "intermediate_size": None, "mlp_ratio": 4}, {"intermediate": 16384, "gated": False}),
    ],
)  # fmt: skip
def test_families_differ_in_what_their_files_mean(read, config, wanted):
    values(read(LLAMA | config).model, **wanted)


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        (LLAMA | {"max_position_embeddings": 131072}, 8_030_261_248),
        (
            {"model_type": "qwen2_moe", "num_hidden_layers": 24, "hidden_size": 2048, "num_attention_heads": 16, "num_key_value_heads": 16,
             "intermediate_size": 5632, "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632, "num_experts": 60,
             "num_experts_per_tok": 4, "decoder_sparse_step": 1, "vocab_size": 151936, "use_sliding_window": False},
            14_315_784_192,
        ),
        (
            {"model_type": "gemma3", "vision_config": {}, "text_config": {"model_type": "gemma3_text", "hidden_size": 2560,
             "intermediate_size": 10240, "num_hidden_layers": 34, "sliding_window": 1024}},
            3_880_263_168,
        ),
        (
            {"model_type": "falcon", "num_hidden_layers": 32, "hidden_size": 4544, "num_attention_heads": 71, "multi_query": True,
             "new_decoder_architecture": False, "bias": False, "vocab_size": 65024, "num_kv_heads": 71},
            6_921_720_704,
        ),
        (
            {"model_type": "vit", "num_hidden_layers": 12, "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072,
             "image_size": 224, "patch_size": 16, "num_channels": 3, "qkv_bias": True, "id2label": {str(n): "x" for n in range(1000)}},
            86_567_656,
        ),
    ],
)  # fmt: skip
def test_published_files_give_published_parameter_counts(read, config, parameters):
    assert count_parameters(read(config).model) == parameters


def test_of_several_towers_the_one_that_works_with_text_counts(read):
    found = read({"model_type": "kimi_k25", "text_config": LLAMA | {"model_type": "kimi_k2"}, "vision_config": {"hidden_size": 1152}})
    values(found.model, family="kimi-k2", hidden=4096)
    assert "tower" in codes(found)
    clip = read(
        {"model_type": "clip", "text_config": {}, "vision_config": {"hidden_size": 1024, "num_hidden_layers": 24, "patch_size": 14}}
    )
    values(clip.model, family="clip", hidden=1024, layers=24, patch_size=14, image_size=224)
    assert {"tower", "assumed"} <= codes(clip)


@pytest.mark.parametrize(("act", "gated"), [("gelu", False), ("silu", True), ("relu", False), ("geglu", True)])
def test_an_unknown_model_type_tells_what_is_assumed(read, act, gated):
    found = read(LLAMA | {"model_type": "novel_9", "hidden_act": act})
    values(found.model, family="other", layers=32, gated=gated, kv_heads=8)
    assert {"family", "assumed"} <= codes(found)
    assert "model.gated" not in found.stated


@pytest.mark.parametrize(
    ("quantised", "bits", "group"),
    [
        ({"quant_method": "gptq", "bits": 4, "group_size": 128}, 4, 128),
        ({"quant_method": "awq", "bits": 4, "group_size": 64}, 4, 64),
        ({"quant_method": "gptq", "bits": 8, "group_size": -1}, 8, 0),
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, 8, 128 * 128),
        ({"quant_method": "fp8"}, 8, 0),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, 4, 0),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, 8, 0),
        ({"quant_method": "mxfp4"}, 4, 32),
        ({"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": {"num_bits": 4, "group_size": 32}}}}, 4, 32),
        ({"quant_method": "new-one"}, 0, 0),
    ],
)
def test_quantised_weights(read, quantised, bits, group):
    found = read(LLAMA | {"quantization_config": quantised})
    values(found.run, weight_bits=bits, quant_group=group)
    assert ("run.weight_bits" in found.stated) == bool(bits) and ("method" in codes(found)) == (not bits)


def test_every_family_is_reached_by_its_model_type():
    assert all(_families.family_of(word.upper()) == family for word, family in _families.FAMILIES.items())
    assert _families.family_of("nothing") is None


def test_a_transformer_of_diffusers_is_a_shape_and_a_unet_asks_for_its_sums(read):
    wan = read({"_class_name": "WanTransformer3DModel", "patch_size": [1, 2, 2], "num_attention_heads": 12, "attention_head_dim": 128,
                "num_layers": 30, "ffn_dim": 8960, "text_dim": 4096, "in_channels": 16})  # fmt: skip
    values(wan.model, family="wan", hidden=1536, layers=30, intermediate=8960, patch_size=2, text_hidden=4096)
    flux = read({"_class_name": "FluxTransformer2DModel", "num_attention_heads": 24, "attention_head_dim": 128, "num_layers": 19,
                 "num_single_layers": 38, "joint_attention_dim": 4096})  # fmt: skip
    assert flux.model.layers == 57 and "single_layers" in codes(flux)
    unet = read({"_class_name": "UNet2DConditionModel", "block_out_channels": [8], "cross_attention_dim": 9, "attention_head_dim": 8})
    assert unet.model.family == "unet" and "sums" in codes(unet)


# Megatron -------------------------------------------------------------------------------------------------------------------------------

SCRIPT = r"""
#!/bin/bash
# a comment with an apostrophe: don't
TP=2; PP=${PP:-4}
SIZE=13b
HERE="$( cd "$(dirname "$0")" && pwd )"
if [ $SIZE = 7b ]; then
  LAYERS=32; HIDDEN=4096
elif [[ $SIZE == "13b" ]]; then
  LAYERS=40
  HIDDEN=5120
fi
case $SIZE in
  7b) HEADS=32 ;;
  13b|14b) HEADS=40 ;;
esac
MODEL_ARGS=(
  --num-layers $LAYERS   # layers
  --hidden-size ${HIDDEN} --num-attention-heads "$HEADS"
  --ffn-hidden-size 13824 --swiglu --disable-bias-linear --untie-embeddings-and-output-weights
  --position-embedding-type rope --vocab-size 32000 --make-vocab-size-divisible-by 128
  --seq-length 4096 --max-position-embeddings 4096
)
TRAIN_ARGS="--micro-batch-size 1 --global-batch-size $((TP * 64)) --bf16 --use-distributed-optimizer \
  --attention-dropout 0.0 --hidden-dropout 0.0 --recompute-granularity selective --recompute-modules core_attn moe_act"
TRAIN_ARGS+=" --sequence-parallel"
torchrun --nproc_per_node=8 --nnodes 2 --node_rank $RANK pretrain_gpt.py "${MODEL_ARGS[@]}" $TRAIN_ARGS \
  --tensor-model-parallel-size $TP --pipeline-model-parallel-size ${PP} --num-layers-per-virtual-pipeline-stage 5 2>&1 | tee log
"""


def test_a_megatron_script_is_read_without_being_run(read):
    found = read(SCRIPT)
    values(
        found.model, family="llama", layers=40, hidden=5120, heads=40, intermediate=13824, vocab=32000, gated=True, tied_embeddings=False
    )
    values(found.run, tensor_parallel=2, pipeline_parallel=4, virtual_pipeline=2, gpus=16, nodes=2, micro_batch=1, global_batch=128)
    values(found.run, zero_stage=1, sequence_parallel=True, recompute="selective", recompute_modules=("core_attn", "moe_act"), dropout=0.0)
    assert (found.task, found.engine, found.precision) == ("pretrain", "megatron-lm", "bf16") and not codes(found)
    assert "run.zero_stage" in found.stated and "run.attention" not in found.stated


BASE = "--num-layers 4 --hidden-size 64 --num-attention-heads 4 --seq-length 128 --micro-batch-size 1 --tensor-model-parallel-size 2 "


@pytest.mark.parametrize(
    ("more", "run", "model"),
    [
        ("", {"dropout": 0.1, "zero_stage": 0}, {"family": "gpt2", "gated": False, "intermediate": 256, "tied_embeddings": True}),
        ("--swiglu", {}, {"family": "llama", "intermediate": 128}),
        ("--num-query-groups 2", {}, {"kv_heads": 4}),
        ("--group-query-attention --num-query-groups 2", {}, {"kv_heads": 2}),
        ("--swiglu --disable-bias-linear --add-qkv-bias", {}, {"family": "qwen2", "attention_bias": True, "mlp_bias": False}),
        ("--fp16", {"grad_dtype": "fp16"}, {}),
        ("--fp16 --accumulate-allreduce-grads-in-fp32", {"grad_dtype": "fp32"}, {}),
        ("--bf16 --main-grads-dtype bf16 --exp-avg-dtype bf16", {"grad_dtype": "bf16", "moment_dtype": "bf16"}, {}),
        ("--recompute-activations", {"recompute": "selective"}, {}),
        ("--recompute-granularity full", {"recompute": "full"}, {}),
        ("--attention-backend unfused", {"attention": "eager"}, {}),
        ("--optimizer sgd --context-parallel-size 2", {"optimizer": "sgd", "context_parallel": 2}, {}),
        ("--decoder-first-pipeline-num-layers 1", {"first_stage_layers": 1}, {}),
        ("--decoder-last-pipeline-num-layers 2", {"last_stage_layers": 2}, {}),
        ("--num-virtual-stages-per-pipeline-rank 2", {"virtual_pipeline": 2}, {}),
        ("--vocab-size 1000 --make-vocab-size-divisible-by 64", {}, {"vocab": 1024}),
        (
            "--num-experts 8 --moe-router-topk 2 --moe-ffn-hidden-size 32 --moe-layer-freq ([0]*1+[1]*3) --expert-model-parallel-size 2",
            {"expert_parallel": 2},
            {"family": "mixtral", "experts": 8, "moe_intermediate": 32, "first_dense_layers": 1, "moe_every": 1},
        ),
        ("--num-experts 8 --moe-layer-freq 2 --moe-shared-expert-intermediate-size 16", {}, {"moe_every": 2, "shared_intermediate": 16}),
        (
            "--multi-latent-attention --kv-lora-rank 16 --q-lora-rank 24 --qk-head-dim 8 --qk-pos-emb-head-dim 4 --v-head-dim 8",
            {},
            {"family": "deepseek-v3", "kv_lora_rank": 16, "q_lora_rank": 24, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 8},
        ),
    ],
)  # fmt: skip
def test_arguments_of_megatron(read, more, run, model):
    found = read(BASE + more.replace("(", '"(').replace(")", ')"'))
    values(found.run, **run)
    values(found.model, **model)


def test_what_megatron_leaves_open_is_told(read):
    found = read(BASE)
    assert found.run.dropout == 0.1 and "run.dropout" not in found.stated and "assumed" in codes(found)
    assert "groups" in codes(read(BASE + "--num-query-groups 2"))
    unset = read(BASE.replace("--micro-batch-size 1", "--micro-batch-size $1 --global-batch-size $(cat x)"))
    assert unset.run.micro_batch is None and unset.run.global_batch is None and "unresolved" in codes(unset)


def test_a_branch_that_cannot_be_decided_is_told(read):
    script = "L=2\nif [ $1 = big ]; then\nL=4\nfi\n" + BASE.replace("--num-layers 4", "--num-layers $L")
    assert "branches" in codes(read(script))


def test_the_same_arguments_as_yaml_and_as_a_listing(read):
    nested = "system:\n  tensor_model_parallel_size: 2\n  precision:\n    bf16: true\nmodel:\n  num_layers: 4\n  hidden_size: 64 # x\n"
    nested += "  num_attention_heads: 4\n  seq_length: 128\n  swiglu: true\n  optimizer:\n    weight_decay: 0.1\n"
    found = read(nested)
    values(found.model, layers=4, gated=True)
    assert (found.run.tensor_parallel, found.precision) == (2, "bf16")
    pairs = {"num_layers": 4, "hidden_size": 64, "bf16": True, "add_bias_linear": False, "micro_batch_size": 2, "world_size": 16,
             "num_experts": None, "num_query_groups": 1, "group_query_attention": False, "num_attention_heads": 4}  # fmt: skip
    listing = read("".join(f"[rank0]:  {name} {'.' * (40 - len(name))} {value}\n" for name, value in pairs.items()))
    values(listing.model, layers=4, kv_heads=4, mlp_bias=False, experts=0)
    values(listing.run, micro_batch=2, gpus=16)
    assert read(json.dumps(pairs)).model.layers == 4


# DeepSpeed, LLaMA-Factory ---------------------------------------------------------------------------------------------------------------

ZERO = {"zero_optimization": {"stage": 3, "offload_optimizer": {"device": "cpu"}, "offload_param": {"device": "cpu"}},
        "train_micro_batch_size_per_gpu": 4, "train_batch_size": 64, "bf16": {"enabled": True}, "optimizer": {"type": "Adam"}}  # fmt: skip


def test_a_deepspeed_config_tells_its_part(read):
    found = read(ZERO)
    values(found.run, zero_stage=3, offload="optimizer+params", micro_batch=4, global_batch=64, optimizer="adamw", grad_dtype="bf16")
    assert (
        found.model is None and found.precision == "bf16" and "run.grad_dtype" not in found.stated and "workload.task" not in found.stated
    )
    auto = read({"zero_optimization": {"stage": 2}, "train_micro_batch_size_per_gpu": "auto", "bf16": {"enabled": "auto"},
                 "gradient_accumulation_steps": 8, "data_types": {"grad_accum_dtype": "fp32"}})  # fmt: skip
    assert auto.run.micro_batch is None and auto.precision is None and auto.run.grad_dtype == "fp32"
    assert {"accumulation", "no_model"} <= codes(auto)


TUNING = "model_name_or_path: meta-llama/Llama-2-13b-chat-hf\nstage: sft\ntemplate: llama2\ncutoff_len: 1024\nbf16: true\n"


def test_a_llama_factory_file(read):
    found = read(
        TUNING + "finetuning_type: lora\nlora_rank: 16\nlora_target: q_proj,v_proj\nper_device_train_batch_size: 2\nflash_attn: fa2\n"
    )
    values(found.run, seq_len=1024, micro_batch=2, lora_rank=16, lora_targets=("q_proj", "v_proj"), recompute="full", attention="flash")
    assert (found.task, found.precision, found.model.layers) == ("lora", "bf16", 40)
    assert {"preset", "assumed"} <= codes(found) and "run.recompute" not in found.stated
    full = read(
        TUNING + "finetuning_type: full\npure_bf16: true\ndisable_gradient_checkpointing: true\ndeepspeed: x/ds_z2_offload_config.json\n"
    )
    values(full.run, master_dtype="", grad_dtype="bf16", recompute="none", zero_stage=2, offload="optimizer")
    assert full.task == "finetune"
    quantised = read(TUNING + "finetuning_type: lora\nquantization_bit: 4\nlora_target: all\n")
    assert quantised.task == "qlora" and quantised.run.weight_bits == 4 and quantised.run.lora_targets == ("all",)


@pytest.mark.parametrize(
    "launch",
    ["torchrun --nnodes 2 --nproc_per_node 4 src/train.py", "NNODES=2 NPROC_PER_NODE=4 llamafactory-cli train"],
)
def test_a_llama_factory_command_tells_its_cards_and_precision(read, launch):
    options = "--stage sft --finetuning_type full --model_name_or_path Qwen/Qwen2.5-7B --cutoff_len 2048 --bf16 True"
    workload = read(f"{launch} {options} --per_device_train_batch_size 2 --gradient_accumulation_steps 4", "train.sh")
    assert workload.precision == "bf16" and workload.task == "finetune"
    assert (workload.run.gpus, workload.run.nodes, workload.run.micro_batch, workload.run.global_batch) == (8, 2, 2, 64)


def test_the_deepspeed_file_beside_is_taken(read, tmp_path):
    (tmp_path / "mine.json").write_text(json.dumps(ZERO))
    found = read(TUNING + "finetuning_type: full\ndeepspeed: conf/mine.json\n")
    values(found.run, zero_stage=3, offload="optimizer+params")
    assert "beside" in codes(found)
    assert "no_model" in codes(read(TUNING.replace("Llama-2-13b-chat-hf", "nobody-1b")))


# Serving --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "engine", "run"),
    [
        (
            "vllm serve Qwen/Qwen2.5-7B-Instruct --tensor-parallel-size 4 --max-model-len 32768 --gpu-memory-utilization 0.85 "
            "--max-num-seqs 256 --max-num-batched-tokens 8192 --kv-cache-dtype fp8 --quantization fp8 --block-size 16",
            "vllm",
            {"tensor_parallel": 4, "gpus": 4, "seq_len": 32768, "memory_fraction": 0.85, "concurrency": 256, "prefill_tokens": 8192,
             "kv_dtype": "fp8", "weight_bits": 8, "kv_block": 16},
        ),
        ("TP=2\npython3 -m vllm.entrypoints.openai.api_server --model x/y -tp $TP -pp 2 --max-model-len 32k -q awq", "vllm",
         {"tensor_parallel": 2, "pipeline_parallel": 2, "gpus": 4, "seq_len": 32000, "weight_bits": 4}),
        ("vllm serve x -dp 4 --tensor-parallel-size=2 --enable-expert-parallel", "vllm", {"gpus": 8, "expert_parallel": 8}),
        ("python -m sglang.launch_server --model-path deepseek-ai/DeepSeek-V3 --tp 16 --nnodes 2 --mem-fraction-static 0.8 "
         "--context-length 8192 --max-running-requests 64 --dp 16 --enable-dp-attention", "sglang",
         {"tensor_parallel": 16, "nodes": 2, "gpus": 16, "memory_fraction": 0.8, "seq_len": 8192, "concurrency": 64}),
        ("trtllm-serve meta-llama/Llama-2-13b-hf --tp_size 2 --max_batch_size 64 --max_num_tokens 8192 --max_seq_len 4096 "
         "--kv_cache_free_gpu_memory_fraction 0.9", "tensorrt-llm",
         {"tensor_parallel": 2, "concurrency": 64, "prefill_tokens": 8192, "seq_len": 4096, "memory_fraction": 0.9}),
        ("model: Qwen/Qwen2.5-7B\nmax-model-len: 4096\ntensor-parallel-size: 2\n", "vllm", {"seq_len": 4096, "tensor_parallel": 2}),
        ('{"model": "a/b", "max_model_len": 4096, "gpu_memory_utilization": 0.7}', "vllm", {"seq_len": 4096, "memory_fraction": 0.7}),
    ],
)  # fmt: skip
def test_arguments_of_serving_engines(read, command, engine, run):
    found = read(command)
    values(found.run, **run)
    assert (found.task, found.engine) == ("inference", engine)
    codes(found)


def test_options_that_change_memory_and_have_no_key_are_told(read):
    found = read("vllm serve Qwen/Qwen2.5-7B --enforce-eager --cpu-offload-gb 10 --max-model-len 4096 --port 80 --api-key secret")
    assert found.model.layers == 28 and {"unused", "preset"} <= codes(found)
    assert "secret" not in str(found)


# Recognising ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        (json.dumps(LLAMA), "hugging-face"),
        (json.dumps(ZERO), "deepspeed"),
        (SCRIPT, "megatron"),
        (TUNING, "llama-factory"),
        ("vllm serve x --max-model-len 1", "vllm"),
        ("name: x\nimage: y\n", ""),
        ("# how to use\nRun vllm and enjoy.\n", ""),
        ('{"a": 1}', ""),
        ("ls -l --all", ""),
        ("", ""),
    ],
)
def test_formats_are_told_apart_by_content(text, slug):
    assert format_of(text) == slug
    assert len({source.slug for source in SOURCES}) == len(SOURCES)


# Bad input ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (json.dumps(LLAMA | {"num_hidden_layers": "many"}), "bad_option", "1"),
        (json.dumps(LLAMA | {"hidden_size": -1}), "bad_option", "1"),
        (json.dumps(LLAMA | {"vocab_size": 10**30}), "bad_option", "1"),
        (json.dumps(LLAMA | {"num_attention_heads": 0}), "bad_option", "1"),
        (json.dumps(LLAMA).replace("14336", "NaN"), "bad_option", "1"),
        (json.dumps(LLAMA).replace("14336", "Infinity"), "bad_option", "1"),
        (json.dumps(LLAMA).replace("14336", "9" * 5000), "bad_option", "1"),
        (json.dumps(LLAMA)[:-4], "not_json", "1"),
        ('{"model_type": "llama", "num_layers": ' + "[" * 100_000, "not_json", ""),
        ("a\n" + BASE.replace("--seq-length 128", "--seq-length long"), "bad_option", "2"),
        (BASE + "--num-layers-per-virtual-pipeline-stage 3", "bad_option", "1"),
        (TUNING + "lora_rank: &a 3\n", "not_yaml", "6"),
        (TUNING + "x: {a: 1}\n", "not_yaml", "6"),
        (TUNING + "\tx: 1\n", "not_yaml", "6"),
        ("vllm serve m --gpu-memory-utilization 9", "bad_option", "1"),
        (json.dumps({"zero_optimization": {"stage": 7}}), "bad_option", "1"),
        ("just a few words of prose\n", "unknown_format", ""),
    ],
)  # fmt: skip
def test_bad_values_name_the_line(read, text, code, place):
    with pytest.raises(EngineError) as caught:
        read(text)
    assert (caught.value.message.code, caught.value.place) == (f"workload.{code}", place)
    assert all(render(caught.value.message, lang) for lang in LANGUAGES)


def test_a_script_that_grows_without_bound_is_refused(read):
    script = "A0='--num-layers 4 --hidden-size 8 " + "x" * 1000 + "'\n" + "".join(f"A{n + 1}=$A{n}$A{n}\n" for n in range(60))
    started = time.monotonic()
    read_back = None
    try:
        read_back = read(script + "".join(f"run $A{n} $A{n} $A{n} --micro-batch-size 1\n" for n in range(60)))
    except EngineError as error:
        assert error.message.code.startswith("workload.")
    assert time.monotonic() - started < 20 and (read_back is None or read_back.model)


@pytest.mark.parametrize(
    "text", ["a" * 300_000, "-" * 300_000, " " * 300_000 + "x", "$(" * 50_000, '"' * 100_001, "a: " * 100_000, "<<x " * 60_000]
)
def test_long_nonsense_is_quickly_refused(read, text):
    started = time.monotonic()
    for head in ("", BASE, TUNING):
        try:
            read(head + text)
        except EngineError as error:
            assert error.message.code.startswith("workload.")
    assert time.monotonic() - started < 20


def test_nothing_of_a_script_is_run(read, tmp_path):
    mark = tmp_path / "mark"
    read(f"X=$(touch {mark})\nY=`touch {mark}`\n{BASE} --global-batch-size $(touch {mark}; echo 4)")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("text", "number"), [("2*8", 16), ("(7-1)/2", 3), ("-4%3", 2), ("1/0", None), ("9**9**9", None), ("a", None), ("", None)]
)
def test_arithmetic_of_scripts(text, number):
    assert calculate(text) == number


def test_the_part_of_yaml_that_is_read():
    text = "---\na: 1_000 # one\nb:\n  - x\n  - 'y: z'\nc:\n- k: 1\n  l: [1, \"two, three\"]\n- 2\nd: |\n  free: text\n  more\n"
    text += "e: {}\nf: 1.0e-4\ng: off\nh:\n"
    assert read_yaml(text) == {
        "a": 1000, "b": ["x", "y: z"], "c": [{"k": 1, "l": [1, "two, three"]}, 2], "d": "free: text\nmore",
        "e": {}, "f": 1e-4, "g": False, "h": None,
    }  # fmt: skip


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["auto", "1e999", "$X", "fp8", "[1]*9"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
hugging_names = """model_type num_hidden_layers hidden_size num_attention_heads text_config vision_config quantization_config layer_types
    num_experts moe_layer_freq mlp_only_layers sliding_window id2label mlp_ratio kv_lora_rank attn_type_list hidden_act architectures
    intermediate_size tie_word_embeddings quant_method weight_block_size config_groups bits torch_dtype stage finetuning_type deepspeed
    model_name_or_path _class_name num_layers cutoff_len lora_target quantization_bit template""".split()  # noqa: SIM905 - shorter
names = st.sampled_from(sorted({*hugging_names, *megatron.NAMES, *vllm.NAMES, *ZERO}))
heads = st.sampled_from(
    [
        LLAMA,
        ZERO,
        {"_class_name": "X", "num_attention_heads": 1},
        {"model_name_or_path": "a", "stage": 1, "template": 2},
        {"num_layers": 2, "micro_batch_size": 1, "bf16": True},
        {"max_model_len": 1, "max_num_seqs": 2, "model": "m"},
    ]
)
quiet = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def refuses_politely(path, text) -> None:
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        codes(load_run(path)[0])
    except EngineError as error:
        assert error.message.code.startswith("workload.") and str(path) in error.file
        assert all("workload." not in render(error.message, lang) for lang in LANGUAGES)


@quiet
@given(heads, st.dictionaries(names, json_values, max_size=6))
def test_no_json_makes_a_reader_fall_over(tmp_path, head, more):
    refuses_politely(tmp_path / "f.json", json.dumps({**head, **more}))


@quiet
@given(st.lists(st.tuples(names, json_values), max_size=8), st.sampled_from(["", BASE, "vllm serve x --tp 2 "]), st.text(max_size=40))
def test_no_options_make_a_reader_fall_over(tmp_path, options, head, noise):
    refuses_politely(tmp_path / "f.sh", noise + head + " ".join(f"--{name.replace('_', '-')} {value}" for name, value in options) + noise)


@quiet
@given(st.lists(st.tuples(names, json_values), max_size=8), st.sampled_from(["", TUNING]), st.text(max_size=40))
def test_no_yaml_makes_a_reader_fall_over(tmp_path, pairs, head, noise):
    refuses_politely(tmp_path / "f.yaml", head + "".join(f"{name}: {value}\n" for name, value in pairs) + noise)


@quiet
@given(st.text(st.sampled_from("$(){}[]\"'`\\#;|&<>= \n\tab1-:.*+!ifthencasfo"), max_size=120))
def test_no_script_makes_the_shell_reader_fall_over(tmp_path, text):
    script = read_script(text)
    assert all(isinstance(word, str) for command in script.commands for word in command)
    for source in SOURCES:
        source.recognises(Document(tmp_path, text))
    refuses_politely(tmp_path / "f.sh", BASE + "\n" + text)
