"""Kernel names of the libraries: their kind, and whether they run on matrix units."""

import csv

import pytest

from app.engine.paths import platform_db_folder
from app.engine.profiling.kernel_names import kernel_kind

NAMES = [
    ("ampere_sgemm_128x64_nn", "matrix", False),
    ("volta_sgemm_128x128_nt", "matrix", False),
    ("ampere_fp16_s16816gemm_fp16_128x128_ldg8_f2f_stages_32x5_tn", "matrix", True),
    ("ampere_bf16_s16816gemm_bf16_64x64_sliced1x2_ldg8_f2f_stages_64x5_tn", "matrix", True),
    ("turing_h1688gemm_128x128_ldg8_nn", "matrix", True),
    ("volta_fp16_s884gemm_fp16_128x128_ldg8_f2f_nn", "matrix", True),
    ("volta_h884gemm_64x128_ldg8_nn", "matrix", True),
    ("cutlass_80_tensorop_d884gemm_64x64_16x4_nn_align1", "matrix", True),
    ("void cutlass::Kernel2<cutlass_80_simt_sgemm_128x32_8x5_nn_align1>(…)", "matrix", False),
    ("void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_relu_bf16_128x64_64x6_tn_align8>(…)", "matrix", True),
    ("sm80_xmma_gemm_bf16bf16_bf16f32_f32_tn_n_tilesize128x128x64_stage3_warpsize2x2x1_tensor16x8x16_kernel", "matrix", True),
    ("sm80_xmma_gemm_f32f32_f32f32_f32_nn_n_tilesize32x32x8_stage3_warpsize1x2x1_ffma_aligna4_kernel", "matrix", False),
    ("sm80_xmma_fprop_implicit_gemm_f32f32_f32f32_f32_nhwckrsc_nchw_tilesize128x128x8_g1_ffma_aligna4", "convolution", False),
    ("nvjet_tst_192x192_64x4_2x1_v_bz_coopB_TNN", "matrix", True),
    ("void gemvNSP_kernel<float, float, float, float, 1, 16, 4, 1024>", "matrix", False),
    ("volta_scudnn_winograd_128x128_ldg1_ldg4_relu_tile148t_nt_v1", "convolution", False),
    ("volta_fp16_s884cudnn_fp16_256x64_ldg8_relu_f2f_exp_interior_nhwc_tn_v1", "convolution", True),
    ("Cijk_Alik_Bljk_BBS_BH_Bias_HA_S_SAV_UserArgs_MT256x192x64_MI16x16x1_SN_LDSB1", "matrix", True),
    ("Cijk_Ailk_Bljk_SB_MT64x64x8_SE_APM1_TT4_4", "matrix", False),
    ("void pytorch_flash::flash_fwd_kernel<pytorch_flash::Flash_fwd_kernel_traits<64, 128, 128>>", "attention", True),
    ("fmha_cutlassF_bf16_aligned_64x64_rf_sm80(PyTorchMemEffAttention)", "attention", True),
    ("fmha_cutlassF_f32_aligned_64x64_rf_sm70(PyTorchMemEffAttention)", "attention", False),
    ("void vllm::paged_attention_v1_kernel<__half, 128>", "attention", False),
    ("void vllm::reshape_and_cache_flash_kernel<__nv_bfloat16>", "copy", False),
    ("std::enable_if<vllm::_typeConvert<c10::BFloat16>::exists, void>::type vllm::fused_add_rms_norm_kernel", "normalisation", False),
    ("void vllm::rotary_embedding_kernel<c10::BFloat16, true>", "elementwise", False),
    ("fused_moe_kernel", "matrix", True),
    ("void vllm::moe::moe_align_block_size_kernel<int>", "index", False),
    ("triton_poi_fused_mul_silu_2", "elementwise", False),
    ("triton_tem_fused_mm_3", "matrix", True),
    ("SubTensorOpWithScalar1d", "elementwise", False),
    ("void cub::DeviceRadixSortOnesweepKernel<…>", "index", False),
    ("void at::native::im2col_kernel<float>", "convolution", False),
    ("void fbgemm_gpu::permute_2D_data_kernel<false, int>", "index", False),
    ("MatMul91", "matrix", True),
    ("aclnnMm_MatMulCommon_MatMulV2", "matrix", True),
    ("aclnnMm_MatMulCommon_MemSet", "copy", False),
    ("Default/network-WithLossCell/_backbone-LeNet5/conv1-Conv2d/Cast-op168", "elementwise", False),
    ("Default/network-WithLossCell/_backbone-LeNet5/conv1-Conv2d/Conv2D-op10", "convolution", True),
    ("ncclDevKernel_AllReduce_Sum_bf16_RING_LL", "communication", False),
    ("my_own_kernel", "other", None),
]


@pytest.mark.parametrize(("name", "kind", "tensor_core"), NAMES, ids=[name[:50] for name, *_ in NAMES])
def test_names(name, kind, tensor_core):
    found = kernel_kind(name)
    assert (found.kind, found.tensor_core) == (kind, tensor_core)
    assert kernel_kind(name).kind == kind


def test_the_table_is_whole():
    with (platform_db_folder() / "kernel_classes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert row["class"] and row["source"] and row["tensor_core"] in ("yes", "no", "")
            assert row["tensor_core"] != "yes" or row["class"] in ("matrix", "convolution", "attention")
