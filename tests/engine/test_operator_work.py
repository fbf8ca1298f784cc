"""FLOPs and bytes of operators from their shapes: by hand, by their laws, and unknown where the shapes do not tell."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.profiling import flop_formulas as formulas
from app.engine.profiling.call_shapes import parse_call
from app.engine.profiling.operator_work import _KINDS, UNKNOWN, _rules, rule_of, work_of

SIZE = st.integers(1, 4096)


def dims(*shapes) -> str:
    return str([list(shape) for shape in shapes]).replace(" ", "")


@pytest.mark.parametrize(
    ("name", "shapes", "flops", "moved"),
    [
        ("aten::mm", "[[128,64],[64,32]] bf16,bf16", 2 * 128 * 64 * 32, 2 * (128 * 64 + 64 * 32 + 128 * 32)),
        ("aten::addmm", "[[32],[128,64],[64,32],[],[]] fp32,fp32,fp32", 2 * 128 * 64 * 32, 4 * (32 + 128 * 64 + 64 * 32 + 128 * 32)),
        ("aten::bmm", "[[8,16,4],[8,4,2]] fp16,fp16", 2 * 8 * 16 * 4 * 2, 2 * 8 * (16 * 4 + 4 * 2 + 16 * 2)),
        ("aten::baddbmm", "[[8,16,2],[8,16,4],[8,4,2]] fp16,fp16,fp16", 2 * 8 * 16 * 4 * 2, 2 * 8 * (2 * 16 * 2 + 16 * 4 + 4 * 2)),
        ("aten::matmul", "[[5,1,3,4],[2,4,6]] fp32,fp32", 2 * 10 * 3 * 4 * 6, 4 * (5 * 3 * 4 + 2 * 4 * 6 + 10 * 3 * 6)),
        ("aten::linear", "[[2,3,64],[32,64],[32]] bf16,bf16,bf16", 2 * 6 * 64 * 32, 2 * (6 * 64 + 32 * 64 + 32 + 6 * 32)),
        ("aten::add_", "[[4,5],[4,5],[]] fp32,fp32", 20, 4 * 60),
        ("aten::add", "[[4,1],[1,5],[]] fp32,fp32", 20, 4 * (4 + 5 + 20)),
        ("aten::eq", "[[4,5],[]] int64", 20, 8 * 20 + 20),
        ("aten::copy_", "[[4,5],[4,5],[]] bf16,fp32", 0, 20 * (2 + 4)),
        ("aten::fill_", "[[4,5],[]] fp16", 0, 40),
        ("aten::embedding", "[[1000,64],[8,3],[],[],[]] bf16,int64", 0, 24 * 8 + 2 * 24 * 64 * 2),
        ("aten::native_layer_norm", "[[8,64],[],[64],[64],[]] bf16,,bf16,bf16", 7 * 512, 2 * (512 + 64 + 64 + 512)),
        ("aten::_fused_rms_norm", "[[8,64],[],[64],[]] fp32,,fp32", 4 * 512, 4 * (512 + 64 + 512)),
        ("aten::_softmax", "[[8,64],[],[]] fp32", 5 * 512, 4 * 1024),
        ("aten::sum", "[[8,64],[]] fp32", 512, 4 * 512),
        ("triton_poi_fused_add_0", "[[8,64],[8,64],[]] bf16,bf16", None, 2 * 1024),
        (
            "MatMul91",
            "4096,12288;4608,12288 fp16,fp16 >4096,4608",
            2 * 4096 * 12288 * 4608,
            2 * (4096 * 12288 + 4608 * 12288 + 4096 * 4608),
        ),
        ("aclnnMm_MatMulCommon_MatMulV2", "64,128;128,32 bf16,bf16 >64,32", 2 * 64 * 128 * 32, 2 * (64 * 128 + 128 * 32 + 64 * 32)),
        ("BatchMatMul96", "12,1024,512;12,512,1024 fp16,fp16 >12,1024,1024", 2 * 12 * 1024 * 512 * 1024, 2 * 12 * 1024 * (512 * 2 + 1024)),
        ("Cast66", "4,1025 int64 >4,1025", 0, 2 * 8 * 4100),
    ],
)
def test_by_hand(name, shapes, flops, moved):
    found = work_of(name, shapes)
    assert (found.flops, found.bytes) == (flops, moved)


def test_a_convolution_needs_its_stride():
    shape, weight = [4, 3, 224, 224], [768, 3, 16, 16]
    told = ["", "", "[0,0]", "[16,16]", "[1,1]", "1", "False", "False", "True"]
    text = f"[{shape},{weight},[],[],[],[],[],[],[]]".replace(" ", "") + " bf16,bf16"
    known = work_of("aten::cudnn_convolution", f"{text} {told}".replace("'", '"').replace(', "', ',"'))
    assert known.flops == 2 * (4 * 768 * 14 * 14) * (3 * 16 * 16)
    assert work_of("aten::cudnn_convolution", text) == UNKNOWN


def test_the_gradients_of_a_convolution():
    shapes = dims((32, 64, 56, 56), (32, 3, 112, 112), (64, 3, 7, 7), *[()] * 8) + " fp32,fp32,fp32"
    forward = 2 * 32 * 64 * 56 * 56 * 3 * 49
    mask = '["","","","[0]","[2,2]","[3,3]","[1,1]","False","[0,0]","1","[False,True,False]"]'
    assert work_of("aten::convolution_backward", shapes).flops == 2 * forward
    assert work_of("aten::convolution_backward", f"{shapes} {mask}").flops == forward


def test_attention_forward_and_backward_with_and_without_a_mask():
    whole = 2 * 2 * 8 * 128 * 128 * (64 + 64)
    heads_first, rows_first = [(2, 8, 128, 64)] * 3, [(2, 128, 8, 64)] * 3
    text = dims(*heads_first, *[()] * 4) + " bf16,bf16,bf16"
    assert work_of("aten::_scaled_dot_product_flash_attention", text).flops == whole
    assert work_of("aten::_scaled_dot_product_flash_attention", text + ' ["","","","0.","True","False"]').flops == whole / 2
    assert work_of("aten::_flash_attention_forward", dims(*rows_first) + " bf16,bf16,bf16").flops == whole
    backward = work_of("aten::_scaled_dot_product_flash_attention_backward", dims((2, 8, 128, 64), *heads_first) + " bf16,bf16,bf16,bf16")
    assert backward.flops == 2.5 * whole
    npu = "1024,2,512;1024,2,512;1024,2,512 bf16,bf16,bf16 >2,8,1024,8;2,8,1024,8"  # rows, batch, width of 8 heads
    assert work_of("FlashAttentionScore", npu).flops == 4 * 2 * 8 * 1024 * 1024 * 64


def test_what_cannot_be_told_is_unknown():
    assert work_of("aten::mm", "") == UNKNOWN
    assert work_of("aten::mm", "[[2,3],[4,5]] fp32,fp32") == UNKNOWN
    assert work_of("aten::mm", "no shapes") == UNKNOWN
    assert work_of("aten::nonzero", "[[8]] bool") == UNKNOWN
    assert work_of("MatMul7", "64,128;128,64").flops is None  # either dimension may be the common one, and they differ
    assert work_of("MatMul7", "64,128;32,128").flops == 2 * 64 * 128 * 32
    untyped = work_of("aten::mm", "[[2,3],[3,4]]")
    assert untyped.flops == 48 and untyped.bytes is None
    assert work_of("aten::mm", "[[2,3],[3,4]]", "bf16").bytes == 2 * (6 + 12 + 8)
    moments = "[[[10],[20]],[[10],[20]],[[10],[20]],[[10],[20]],[],[]]"
    assert work_of("aten::_fused_adamw_", moments, "bf16").flops == 12 * 30
    assert work_of("aten::_fused_adamw_", moments, "bf16").bytes is None  # moments are often kept in another type


def test_every_rule_is_known_and_names_its_source():
    for rule in _rules():
        assert rule.kind in _KINDS
    assert rule_of("aten::mm").kind == "matmul" and rule_of("aten::mm_of_mine") is None


@given(SIZE, SIZE, SIZE, st.integers(1, 8))
def test_products_scale_and_turn_round(m, k, n, batch):
    flops, elements = formulas.matmul((batch, m, k), (batch, k, n))
    assert flops == 2 * batch * m * k * n and elements == batch * m * n
    assert formulas.matmul((n, k), (k, m))[0] == flops / batch  # the transposed product costs the same
    assert formulas.linear((batch, m, k), (n, k))[0] == flops
    assert formulas.task_matmul((m, k), (n, k), (m, n), batched=False) == pytest.approx(flops / batch)
    assert formulas.task_matmul((batch, m, k), (batch, k, n), (batch, m, n), batched=True) == pytest.approx(flops)


@given(st.integers(1, 4), st.integers(1, 64), st.integers(1, 64), st.integers(7, 40), st.integers(1, 3), st.integers(0, 3))
def test_a_convolution_is_the_product_of_its_patches(batch, channels, filters, size, stride, padding):
    out = formulas.convolved((batch, channels, size, size), (filters, channels, 3, 3), (stride,), (padding,), (1,))
    assert out == (batch, filters, *[(size + 2 * padding - 3) // stride + 1] * 2)
    patches = formulas.matmul((batch * out[2] * out[3], channels * 9), (channels * 9, filters))
    assert formulas.convolution(out, (filters, channels, 3, 3)) == patches[0]


@given(st.integers(1, 8), st.integers(1, 32), st.integers(1, 2048), st.integers(1, 2048), st.integers(1, 256))
def test_attention_is_two_products(batch, heads, rows, keys, width):
    query, key = (batch, heads, rows, width), (batch, heads, keys, width)
    found = formulas.attention(query, key, key)
    scores = formulas.matmul(query, (batch, heads, width, keys))[0]
    assert found == scores + formulas.matmul((batch, heads, rows, keys), key)[0]
    assert formulas.attention(query, key, key, causal=True) == (found / 2 if rows == keys else found)
    grouped = formulas.attention(query, (batch, 1, keys, width), (batch, 1, keys, width))
    assert grouped == found  # grouped heads share keys, not work


@given(st.lists(st.lists(st.integers(0, 99), max_size=4), max_size=5))
def test_shapes_are_read_as_they_were_written(shapes):
    call = parse_call(dims(*shapes) if shapes else "[]")
    assert [one.shapes[0] for one in call.inputs] == [tuple(shape) for shape in shapes]
    assert sum(one.elements for one in call.inputs) == sum(math.prod(shape) for shape in shapes if shape)


@given(st.text(max_size=40))
def test_no_text_breaks_the_rules(text):
    for name in ("aten::mm", "aten::conv2d", "aten::_flash_attention_forward", "aten::cat", "MatMul1", "FlashAttentionScoreGrad", "Conv2D"):
        work_of(name, text)
        work_of(name, f"[[1,2],[3]] {text}")


def test_a_cache_or_table_that_is_passed_whole_is_not_counted_as_moved():
    shapes = "[[888,1,64],[888,1,64],[4213816,16,1,64],[4213816,16,1,64],[888]] bf16,bf16,bf16,bf16,int64"
    assert work_of("_C_cache_ops::reshape_and_cache_flash", shapes).bytes is None
    assert work_of("_C::rotary_embedding", "[[888],[888,512],[888,64],[],[131072,64]] int64,bf16,bf16,,bf16").bytes is None
