"""The model library: every weight of every shipped network, counted here family by family, apart from the program's own counting."""

import pytest

from app.engine.model.workloads import Model
from app.engine.workload import count_parameters, load_presets
from app.engine.workload.presets import preset_of
from resources.count_networks import networks

# Parts ----------------------------------------------------------------------------------------------------------------------------------


def _q(m: Model) -> int:
    return m.heads * m.head_dim


def _kv(m: Model) -> int:
    return m.kv_heads * m.head_dim


def _attention(m: Model) -> int:
    """Q, K, V and O without biases."""
    return m.hidden * (_q(m) + 2 * _kv(m)) + _q(m) * m.hidden


def _gated(m: Model, width: int) -> int:
    """Gate, up and down without biases."""
    return 3 * m.hidden * width


def _ends(m: Model) -> int:
    """Embedding, head and a last RMS norm."""
    return m.vocab * m.hidden * (1 if m.tied_embeddings else 2) + m.hidden


def _biased_block(m: Model) -> int:
    """Attention and an MLP of two matrices, all with biases, and two layer norms with biases: GPT-2's layer and many others'."""
    h, f = m.hidden, m.intermediate
    return (4 * h * h + 4 * h) + (2 * h * f + f + h) + 4 * h


def _experts(m: Model) -> int:
    """Routed experts and the router."""
    return m.experts * _gated(m, m.moe_intermediate or m.intermediate) + m.hidden * m.experts


# Families -------------------------------------------------------------------------------------------------------------------------------


def _llama(m: Model) -> int:
    return m.layers * (_attention(m) + _gated(m, m.intermediate) + 2 * m.hidden) + _ends(m)


def _qwen2(m: Model) -> int:
    return _llama(m) + m.layers * (_q(m) + 2 * _kv(m))


def _qwen3(m: Model) -> int:
    return _llama(m) + m.layers * 2 * m.head_dim


def _gemma2(m: Model) -> int:
    return _llama(m) + m.layers * 2 * m.hidden


def _gemma3(m: Model) -> int:
    return _gemma2(m) + m.layers * 2 * m.head_dim


def _mixtral(m: Model) -> int:
    return m.layers * (_attention(m) + _experts(m) + 2 * m.hidden) + _ends(m)


def _qwen3_moe(m: Model) -> int:
    return _mixtral(m) + m.layers * 2 * m.head_dim


def _qwen2_moe(m: Model) -> int:
    shared = _gated(m, m.shared_intermediate) + m.hidden  # its gate is one number per token
    return _mixtral(m) + m.layers * (_q(m) + 2 * _kv(m) + shared)


def _glm4_moe(m: Model) -> int:
    attention = _attention(m) + _q(m) + 2 * _kv(m) + (2 * m.head_dim if m.qk_norm else 0)
    sparse = _experts(m) + m.experts + m.shared_experts * _gated(m, m.moe_intermediate)  # + the bias that balances the router
    dense = m.first_dense_layers
    return m.layers * (attention + 2 * m.hidden) + dense * _gated(m, m.intermediate) + (m.layers - dense) * sparse + _ends(m)


def _deepseek(m: Model, *, balanced: bool) -> int:
    h, a, rank = m.hidden, m.heads, m.kv_lora_rank
    key = m.qk_nope_head_dim + m.qk_rope_head_dim
    query = h * m.q_lora_rank + m.q_lora_rank + m.q_lora_rank * a * key if m.q_lora_rank else h * a * key
    latent = h * (rank + m.qk_rope_head_dim) + rank + rank * a * (m.qk_nope_head_dim + m.v_head_dim)
    attention = query + latent + a * m.v_head_dim * h
    sparse = _experts(m) + m.shared_experts * _gated(m, m.moe_intermediate) + (m.experts if balanced else 0)
    dense = m.first_dense_layers
    return m.layers * (attention + 2 * h) + dense * _gated(m, m.intermediate) + (m.layers - dense) * sparse + _ends(m)


def _qwen3_next(m: Model) -> int:
    h, full_layers = m.hidden, m.layers // m.global_layers_every
    full = h * 2 * _q(m) + h * 2 * _kv(m) + _q(m) * h + 2 * m.head_dim  # Q comes with a gate of its size
    keys, values = m.linear_key_heads * m.linear_key_dim, m.linear_value_heads * m.linear_value_dim
    linear = h * (2 * keys + 2 * values) + h * 2 * m.linear_value_heads  # Q, K, V, Z; then beta and alpha
    linear += m.linear_conv * (2 * keys + values) + 2 * m.linear_value_heads + m.linear_value_dim + values * h  # conv, A and dt, norm, out
    sparse = _experts(m) + _gated(m, m.shared_intermediate) + h
    return full_layers * full + (m.layers - full_layers) * linear + m.layers * (sparse + 2 * h) + _ends(m)


def _minimax(m: Model) -> int:
    full_layers, width = m.layers // m.global_layers_every, m.linear_value_heads * m.linear_value_dim
    linear = m.hidden * 3 * width + m.hidden * width + width + width * m.hidden  # QKV, gate, norm, out
    attention = full_layers * _attention(m) + (m.layers - full_layers) * linear
    return attention + m.layers * (_experts(m) + 2 * m.hidden) + _ends(m)


def _gpt_oss(m: Model) -> int:
    h, f = m.hidden, m.intermediate
    attention = _attention(m) + _q(m) + 2 * _kv(m) + h + m.heads  # biases of Q, K, V, O and the sinks
    sparse = m.experts * (h * 2 * f + 2 * f + f * h + h) + h * m.experts + m.experts
    return m.layers * (attention + sparse + 2 * h) + _ends(m)


def _gpt2(m: Model) -> int:
    return m.layers * _biased_block(m) + (m.vocab + m.max_positions) * m.hidden + 2 * m.hidden


def _opt(m: Model) -> int:
    return _gpt2(m) + 2 * m.hidden  # two rows of positions more


def _bloom(m: Model) -> int:
    return m.layers * _biased_block(m) + m.vocab * m.hidden + 2 * m.hidden + 2 * m.hidden


def _gpt_neox(m: Model) -> int:
    return m.layers * _biased_block(m) + 2 * m.vocab * m.hidden + 2 * m.hidden


def _falcon(m: Model) -> int:
    h = m.hidden
    return m.layers * (_attention(m) + 2 * h * m.intermediate + 2 * h) + m.vocab * h + 2 * h


def _bert(m: Model) -> int:
    h = m.hidden
    embedding = (m.vocab + m.max_positions + 2) * h + 2 * h
    head = h * h + h + 2 * h + m.vocab  # dense, norm, the bias of the tied decoder
    return m.layers * _biased_block(m) + embedding + head


def _vit(m: Model) -> int:
    h, patches = m.hidden, (m.image_size // m.patch_size) ** 2
    embedding = m.channels * m.patch_size**2 * h + h + h + (patches + 1) * h
    return embedding + m.layers * _biased_block(m) + 2 * h + h * m.classes + m.classes


def _clip(m: Model) -> int:
    h, patches = m.hidden, (m.image_size // m.patch_size) ** 2
    return m.channels * m.patch_size**2 * h + h + (patches + 1) * h + 2 * h + m.layers * _biased_block(m) + 2 * h


def _dit(m: Model) -> int:
    h, patch = m.hidden, m.channels * m.patch_size**2
    tokens = (m.image_size // 8 // m.patch_size) ** 2
    block = _biased_block(m) - 4 * h + h * 6 * h + 6 * h  # norms without weights, shift, scale and gate from the step instead
    step = 256 * h + h + h * h + h
    last = h * 2 * h + 2 * h + h * 2 * patch + 2 * patch  # mean and variance
    return patch * h + h + tokens * h + (m.classes + 1) * h + step + m.layers * block + last


def _sd3(m: Model) -> int:
    h, patch, pooled = m.hidden, m.channels * m.patch_size**2, 2048
    stream = 6 * h * h + 6 * h + (4 * h * h + 4 * h) + (2 * h * m.intermediate + m.intermediate + h)
    last = stream + (2 * h * h + 2 * h) + 3 * (h * h + h)  # the text's half only gives K and V (and Q) to the image's
    embedding = patch * h + h + (256 * h + h + h * h + h) + (pooled * h + h + h * h + h) + m.text_hidden * h + h
    return embedding + (m.layers - 1) * 2 * stream + last + 2 * h * h + 2 * h + h * patch + patch


def _wan(m: Model) -> int:
    h, patch = m.hidden, m.channels * m.patch_size**2
    attention = 4 * h * h + 4 * h + 2 * h  # with norms of Q and K over the whole width
    block = 2 * attention + 2 * h + (2 * h * m.intermediate + m.intermediate + h) + 6 * h
    text = m.text_hidden * h + h + h * h + h
    step = 256 * h + h + h * h + h + h * 6 * h + 6 * h
    return patch * h + h + text + step + m.layers * block + h * patch + patch + 2 * h


COUNTS = {
    "llama": _llama, "mistral": _llama, "internlm2": _llama, "baichuan": _llama, "phi3": _llama,
    "qwen2": _qwen2, "chatglm": _qwen2, "qwen3": _qwen3, "gemma2": _gemma2, "gemma3": _gemma3,
    "mixtral": _mixtral, "qwen2-moe": _qwen2_moe, "qwen3-moe": _qwen3_moe, "qwen3-next": _qwen3_next, "glm4-moe": _glm4_moe,
    "deepseek-v2": lambda m: _deepseek(m, balanced=False), "deepseek-v3": lambda m: _deepseek(m, balanced=True),
    "minimax": _minimax, "gpt-oss": _gpt_oss,
    "gpt2": _gpt2, "opt": _opt, "bloom": _bloom, "gpt-neox": _gpt_neox, "falcon": _falcon, "bert": _bert,
    "vit": _vit, "clip": _clip, "dit": _dit, "sd3": _sd3, "wan": _wan,
}  # fmt: skip


# Tests ----------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", [one for one in load_presets() if one.model.family in COUNTS], ids=lambda preset: preset.name)
def test_parameters_are_the_sum_of_the_weights(preset):
    assert preset.model.parameters == COUNTS[preset.model.family](preset.model)


# Parameters and 1e9 multiply-adds (ResNet: torchvision) or FLOP (YOLO: ultralytics) as published.
SUMS = {
    "ResNet-18": (11_689_512, 1.814 * 2), "ResNet-50": (25_557_032, 4.089 * 2), "ResNet-101": (44_549_160, 7.801 * 2),
    "ResNet-152": (60_192_808, 11.514 * 2), "YOLOv8n": (3_157_200, 8.7), "YOLOv8s": (11_166_560, 28.6), "YOLOv8m": (25_902_640, 78.9),
    "YOLOv8l": (43_691_520, 165.2), "YOLOv8x": (68_229_648, 257.8),
    "Stable Diffusion 1.5 UNet": (859_520_964, None), "Stable Diffusion XL UNet": (2_567_463_684, None),
}  # fmt: skip
# Elements of the tensors that PyTorch 2.13 saves for backward, means of a batch included, over its two samples.
SAVED = {"ResNet-18": 5_549_760, "ResNet-50": 21_503_936, "ResNet-101": 31_765_952, "YOLOv8n": 48_120_496}


def test_networks_told_by_sums_are_as_counted_and_as_published():
    presets = {preset.name: preset for preset in load_presets()}
    rows = networks()
    assert set(rows) == set(SUMS) == {name for name, preset in presets.items() if preset.model.flops_per_sample}
    for name, row in rows.items():
        parameters, flops = SUMS[name]
        assert preset_of({"name": name, **row}) == presets[name], name
        assert row["parameters"] == parameters, name
        assert flops is None or row["flops_per_sample"] == pytest.approx(flops * 1e9, rel=0.006), name
    for name, saved in SAVED.items():
        assert rows[name]["kept_per_sample"] == pytest.approx(saved, rel=0.002), name


def test_every_preset_is_counted_here_or_told_by_sums_or_by_intensity():
    for preset in load_presets():
        model = preset.model
        by_sums, by_unit = (
            bool(model.flops_per_sample and model.kept_per_sample),
            bool(model.bytes_per_unit and model.resident_bytes_per_unit),
        )
        assert (model.family in COUNTS) + by_sums + by_unit == 1, preset.name


def test_codes_told_by_intensity_have_the_published_one():
    models = {preset.name: preset.model for preset in load_presets()}
    for name, published in (("FluidX3D D3Q19 FP32/FP32", 2.37), ("FluidX3D D3Q19 FP32/FP16S", 5.27)):
        assert models[name].fp32_flop_per_unit / models[name].bytes_per_unit == pytest.approx(published, abs=0.005)
    triad = models["STREAM triad FP64"]
    assert triad.fp64_flop_per_unit / triad.bytes_per_unit == pytest.approx(1 / 12)


def test_names_and_sources_tell_one_network_each():
    presets = load_presets()
    names = [name.lower() for preset in presets for name in (preset.name, *preset.also)]
    assert len(presets) >= 60 and len(set(names)) == len(names)
    assert len({preset.model for preset in presets}) == len(presets)
    for preset in presets:
        host, *path = preset.source.split("/")
        assert host in ("huggingface.co", "github.com", "arxiv.org") and len(path) == 2 and all(path), preset.name


def test_a_key_that_no_model_has_is_told_with_the_name():
    with pytest.raises(ValueError, match="Some-7B.*heds, lyers"):
        preset_of({"name": "Some-7B", "source": "huggingface.co/some/some", "lyers": 3, "heds": 2})


@pytest.mark.parametrize("preset", load_presets(), ids=lambda preset: preset.name)
def test_the_engine_counts_every_shipped_model_exactly(preset):
    assert count_parameters(preset.model) == preset.model.parameters
