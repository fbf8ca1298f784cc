"""Llama and GPT-2 written by hand in PyTorch: linear layers, scaled_dot_product_attention, cross-entropy in the model's dtype."""

import torch
import torch.nn.functional as functional
from torch import nn
from torch.utils.checkpoint import checkpoint


class WrittenNorm(nn.Module):
    """RMSNorm written out; `upcast` computes in fp32 and comes back, else in the input's own dtype."""

    def __init__(self, width: int, *, upcast: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.upcast = upcast

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = x.float() if self.upcast else x
        return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)).type_as(x) * self.weight


def norm_of(width: int, variant: str) -> nn.Module:
    if variant == "norm_fused":
        return nn.RMSNorm(width)
    return WrittenNorm(width, upcast=variant != "norm_low")


def turned(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary positions on (batch, heads, tokens, head_dim)."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Attention(nn.Module):
    def __init__(self, case: dict, *, rotary: bool) -> None:
        super().__init__()
        self.case, self.rotary = case, rotary
        width, grouped = case["heads"] * case["head_dim"], case["kv_heads"] * case["head_dim"]
        self.sizes = [width, grouped, grouped]
        if rotary:
            self.q, self.k, self.v = (nn.Linear(case["hidden"], size, bias=False) for size in self.sizes)
        else:
            self.qkv = nn.Linear(case["hidden"], sum(self.sizes))
        self.out = nn.Linear(width, case["hidden"], bias=not rotary)

    def forward(self, x: torch.Tensor, cos: torch.Tensor | None, sin: torch.Tensor | None) -> torch.Tensor:
        case = self.case
        parts = (self.q(x), self.k(x), self.v(x)) if self.rotary else self.qkv(x).split(self.sizes, dim=-1)
        q, k, v = (part.unflatten(-1, (-1, case["head_dim"])).transpose(1, 2) for part in parts)
        if cos is not None:
            q, k = turned(q, cos, sin), turned(k, cos, sin)
        repeats = case["heads"] // case["kv_heads"]
        if repeats > 1 and (case["variant"] == "repeat_kv" or case["attention"] == "eager"):
            k, v = k.repeat_interleave(repeats, dim=1), v.repeat_interleave(repeats, dim=1)
            repeats = 1
        drop = case["dropout"] if self.training else 0.0
        if case["attention"] == "eager":
            scores = q @ k.transpose(-2, -1) / case["head_dim"] ** 0.5
            mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
            shares = functional.softmax(scores.masked_fill(mask, float("-inf")), dim=-1)
            out = functional.dropout(shares, drop, self.training) @ v
        else:
            out = functional.scaled_dot_product_attention(q, k, v, dropout_p=drop, is_causal=True, enable_gqa=repeats > 1)
        return self.out(out.transpose(1, 2).reshape(*x.shape[:2], -1))


class LlamaLayer(nn.Module):
    def __init__(self, case: dict) -> None:
        super().__init__()
        self.first, self.second = norm_of(case["hidden"], case["variant"]), norm_of(case["hidden"], case["variant"])
        self.attention = Attention(case, rotary=True)
        self.gate, self.up = (nn.Linear(case["hidden"], case["intermediate"], bias=False) for _ in range(2))
        self.down = nn.Linear(case["intermediate"], case["hidden"], bias=False)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.first(x), cos, sin)
        inner = self.second(x)
        return x + self.down(functional.silu(self.gate(inner)) * self.up(inner))


class Gpt2Layer(nn.Module):
    def __init__(self, case: dict) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(case["hidden"]), nn.LayerNorm(case["hidden"])
        self.attention = Attention(case, rotary=False)
        self.up, self.down = nn.Linear(case["hidden"], case["intermediate"]), nn.Linear(case["intermediate"], case["hidden"])
        self.drop = nn.Dropout(case["dropout"])

    def forward(self, x: torch.Tensor, cos: None, sin: None) -> torch.Tensor:
        x = x + self.drop(self.attention(self.first(x), cos, sin))
        return x + self.drop(self.down(functional.gelu(self.up(self.second(x)), approximate="tanh")))


class PlainModel(nn.Module):
    """A causal language model of `case` (keys of interface.md); forward gives the loss with the tokens as their own targets."""

    def __init__(self, case: dict) -> None:
        super().__init__()
        self.case, self.rotary = case, case["family"] == "llama"
        self.tokens = nn.Embedding(case["vocab"], case["hidden"])
        self.positions = None if self.rotary else nn.Embedding(case["max_positions"], case["hidden"])
        self.drop = nn.Dropout(case["dropout"])
        self.layers = nn.ModuleList((LlamaLayer if self.rotary else Gpt2Layer)(case) for _ in range(case["layers"]))
        self.norm = norm_of(case["hidden"], case["variant"]) if self.rotary else nn.LayerNorm(case["hidden"])
        self.head = nn.Linear(case["hidden"], case["vocab"], bias=False)
        if case["tied_embeddings"]:
            self.head.weight = self.tokens.weight
        angles = torch.outer(torch.arange(case["max_positions"]), 10000.0 ** -(torch.arange(0, case["head_dim"], 2) / case["head_dim"]))
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.tokens(ids)
        if self.positions is not None:
            x = self.drop(x + self.positions(torch.arange(ids.shape[1])))
        angles = (self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]) if self.rotary else (None, None)
        for layer in self.layers:
            x = checkpoint(layer, x, *angles, use_reentrant=False) if self.case["recompute"] == "full" else layer(x, *angles)
        logits = self.head(self.norm(x)).flatten(0, 1)
        if self.case["variant"] == "loss_fp32":
            logits = logits.float()
        return functional.cross_entropy(logits, ids.flatten())
