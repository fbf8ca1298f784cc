"""Train a tiny Llama for three steps on the CPU under torch.profiler: a real trace with the operators of the real model.

Usage: record_training.py OUT.json.gz [--steps N] [--layers N]   (needs PyTorch; see record.sh)
"""

import argparse
import gzip
import re
import tempfile
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile, record_function

HIDDEN, HEADS, VOCAB, SEQUENCE, BATCH = 256, 8, 1024, 128, 2


class Block(nn.Module):
    """Attention and a gated MLP, as in Llama."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.norm_mlp = nn.RMSNorm(HIDDEN), nn.RMSNorm(HIDDEN)
        self.qkv, self.out = nn.Linear(HIDDEN, 3 * HIDDEN, bias=False), nn.Linear(HIDDEN, HIDDEN, bias=False)
        self.gate, self.up = (nn.Linear(HIDDEN, 3 * HIDDEN, bias=False) for _ in range(2))
        self.down = nn.Linear(3 * HIDDEN, HIDDEN, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (batch, sequence, hidden)."""
        batch, length, _ = x.shape
        query, key, value = (part.view(batch, length, HEADS, -1).transpose(1, 2) for part in self.qkv(self.norm(x)).chunk(3, dim=-1))
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, HIDDEN))
        y = self.norm_mlp(x)
        return x + self.down(functional.silu(self.gate(y)) * self.up(y))


class TinyLlama(nn.Module):
    """Embedding, blocks, head."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, HIDDEN)
        self.blocks = nn.ModuleList(Block() for _ in range(layers))
        self.norm, self.head = nn.RMSNorm(HIDDEN), nn.Linear(HIDDEN, VOCAB, bias=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """tokens (batch, sequence) -> logits (batch, sequence, vocab)."""
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def write(plain: Path, out: Path) -> None:
    """Write the trace without the names of this machine and its folders; packed where the name ends in .gz."""
    with plain.open("rb") as source, out.open("wb") as target:
        packed = gzip.GzipFile("", "wb", 9, target, mtime=0) if out.suffix == ".gz" else target
        for line in source:
            if b'"host_name"' not in line:
                packed.write(re.sub(rb'"traceName": "[^"]*"', b'"traceName": "sample"', line))
        if packed is not target:
            packed.close()


def main() -> None:
    """Train and record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--layers", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(1)
    model = TinyLlama(options.layers)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    tokens = torch.randint(0, VOCAB, (BATCH, SEQUENCE + 1))
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as recorded:
        for step in range(options.steps):
            with record_function(f"ProfilerStep#{step}"):
                logits = model(tokens[:, :-1])
                loss = functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "trace.json"
        recorded.export_chrome_trace(str(plain))
        write(plain, options.out)


if __name__ == "__main__":
    main()
