"""Prints the rows of presets.toml for networks that are told by their sums: ResNet, YOLOv8 and the UNets of Stable Diffusion.

    python resources/count_networks.py

Each network is walked as a training step would run it, for one sample at image_size. Per operation:

parameters         weights, biases and what norms learn; running means are buffers and not counted.
flops_per_sample   forward; a multiply and an add are two. Convolutions, linear layers and the two products of attention; nothing else.
kept_per_sample    elements of the tensors that backward needs, each tensor once however many operations need it:
                     convolution, linear   their input
                     batch, group, layer norm   their input, and mean and deviation where they are of the sample
                     ReLU   its output, in place of its input (so shared with the next convolution)
                     SiLU, GELU   their input
                     product of two tensors   both
                     attention (flash)   Q, K, V, its output, one number per head and query
                     max pooling   its input and an index of 8 bytes per output, counted as two elements
                     sum, concatenation, upsampling   nothing, but what they make is a new tensor
                   A part of a tensor keeps the whole. Not counted: means of the batch, copies that mixed precision makes of inputs.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

FROM_VAE = 8
LATENT = 4


@dataclass(frozen=True)
class Tensor:
    """One sample's tensor: channels x (points of the image, or tokens). storage: whose memory it lies in, and how large that is."""

    channels: int
    side: int
    storage: tuple[int, int]

    @property
    def points(self) -> int:
        return self.side**2


@dataclass
class Walk:
    """A network under way: what it has cost so far."""

    parameters: int = 0
    flops: int = 0
    kept: dict[int, int] = field(default_factory=dict)
    _ids: itertools.count = field(default_factory=itertools.count)

    @property
    def kept_elements(self) -> int:
        return sum(self.kept.values())

    def new(self, channels: int, side: int) -> Tensor:
        return Tensor(channels, side, (next(self._ids), channels * side * side))

    def keep(self, *tensors: Tensor) -> None:
        self.kept.update(tensor.storage for tensor in tensors)

    def conv(self, x: Tensor, out: int, size: int, stride: int = 1, *, bias: bool = False) -> Tensor:
        """Padded so that only the stride makes it smaller."""
        self.keep(x)
        made = self.new(out, -(-x.side // stride))
        self.parameters += x.channels * out * size * size + out * bias
        self.flops += 2 * x.channels * out * size * size * made.points
        return made

    def linear(self, x: Tensor, out: int, *, bias: bool = True) -> Tensor:
        return self.conv(x, out, 1, bias=bias)

    def norm(self, x: Tensor, stats: int = 0) -> Tensor:
        """Batch norm; stats: how many means of one sample the other norms keep (and as many deviations)."""
        self.keep(x, self.new(2 * stats, 1))
        self.parameters += 2 * x.channels
        return self.new(x.channels, x.side)

    def relu(self, x: Tensor) -> Tensor:
        self.keep(x)
        return x

    def smooth(self, x: Tensor) -> Tensor:
        """SiLU or GELU."""
        self.keep(x)
        return self.new(x.channels, x.side)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        assert x.channels == y.channels
        return self.new(x.channels, max(x.side, y.side))

    def cat(self, *parts: Tensor) -> Tensor:
        return self.new(sum(part.channels for part in parts), parts[0].side)

    def upsample(self, x: Tensor) -> Tensor:
        return self.new(x.channels, 2 * x.side)

    def max_pool(self, x: Tensor, stride: int) -> Tensor:
        made = self.new(x.channels, -(-x.side // stride))
        self.keep(x, self.new(2 * made.channels, made.side))
        return made

    def attention(self, q: Tensor, k: Tensor, v: Tensor, keys: int, heads: int) -> Tensor:
        """keys: how many tokens K and V have."""
        made = self.new(q.channels, q.side)
        self.keep(q, k, v, made, self.new(heads, q.side))
        self.flops += 4 * q.points * keys * q.channels
        return made


# ResNet ---------------------------------------------------------------------------------------------------------------------------------


def resnet(walk: Walk, size: int, depths: Sequence[int], *, bottleneck: bool) -> None:
    """ResNet as torchvision builds it: the stride of a bottleneck is at its 3 x 3 convolution."""
    x = walk.relu(walk.norm(walk.conv(walk.new(3, size), 64, 7, 2)))
    x = walk.max_pool(x, 2)
    for stage, depth in enumerate(depths):
        width = 64 << stage
        for place in range(depth):
            stride = 2 if stage and not place else 1
            x = _residual(walk, x, width, stride, bottleneck=bottleneck)
    walk.linear(walk.new(x.channels, 1), 1000)


def _residual(walk: Walk, x: Tensor, width: int, stride: int, *, bottleneck: bool) -> Tensor:
    out = width * (4 if bottleneck else 1)
    steps = ((width, 1, 1), (width, 3, stride), (out, 1, 1)) if bottleneck else ((width, 3, stride), (out, 3, 1))
    y = x
    for place, (channels, size, step) in enumerate(steps):
        y = walk.norm(walk.conv(y, channels, size, step))
        y = walk.relu(y) if place < len(steps) - 1 else y
    way = x if x.channels == out and stride == 1 else walk.norm(walk.conv(x, out, 1, stride))
    return walk.relu(walk.add(y, way))


# YOLOv8 ---------------------------------------------------------------------------------------------------------------------------------

CLASSES, BOX_BINS = 80, 16


def yolov8(walk: Walk, size: int, depth: float, width: float, most: int) -> None:
    """YOLOv8 for detection: yolov8.yaml with the depth, width and most channels of one of its sizes."""

    def wide(channels: int) -> int:
        return -(-int(min(channels, most) * width) // 8) * 8

    few, many = max(round(3 * depth), 1), max(round(6 * depth), 1)
    x = _cbs(walk, _cbs(walk, walk.new(3, size), wide(64), 3, 2), wide(128), 3, 2)
    x = _c2f(walk, x, wide(128), few, shortcut=True)
    p3 = _c2f(walk, _cbs(walk, x, wide(256), 3, 2), wide(256), many, shortcut=True)
    p4 = _c2f(walk, _cbs(walk, p3, wide(512), 3, 2), wide(512), many, shortcut=True)
    x = _c2f(walk, _cbs(walk, p4, wide(1024), 3, 2), wide(1024), few, shortcut=True)
    p5 = _sppf(walk, x, wide(1024))
    n4 = _c2f(walk, walk.cat(walk.upsample(p5), p4), wide(512), few, shortcut=False)
    n3 = _c2f(walk, walk.cat(walk.upsample(n4), p3), wide(256), few, shortcut=False)
    n4 = _c2f(walk, walk.cat(_cbs(walk, n3, wide(256), 3, 2), n4), wide(512), few, shortcut=False)
    n5 = _c2f(walk, walk.cat(_cbs(walk, n4, wide(512), 3, 2), p5), wide(1024), few, shortcut=False)
    box, kind = max(16, n3.channels // 4, 4 * BOX_BINS), max(n3.channels, min(CLASSES, 100))
    for level in (n3, n4, n5):
        walk.conv(_cbs(walk, _cbs(walk, level, box, 3), box, 3), 4 * BOX_BINS, 1, bias=True)
        walk.conv(_cbs(walk, _cbs(walk, level, kind, 3), kind, 3), CLASSES, 1, bias=True)
    walk.parameters += BOX_BINS  # 0 to 15, fixed: turns bins into a distance, after training only


def _cbs(walk: Walk, x: Tensor, out: int, size: int, stride: int = 1) -> Tensor:
    return walk.smooth(walk.norm(walk.conv(x, out, size, stride)))


def _c2f(walk: Walk, x: Tensor, out: int, times: int, *, shortcut: bool) -> Tensor:
    half = out // 2
    parts = [Tensor(half, x.side, _cbs(walk, x, 2 * half, 1).storage)] * 2
    for _ in range(times):
        y = _cbs(walk, _cbs(walk, parts[-1], half, 3), half, 3)
        parts.append(walk.add(parts[-1], y) if shortcut else y)
    return _cbs(walk, walk.cat(*parts), out, 1)


def _sppf(walk: Walk, x: Tensor, out: int) -> Tensor:
    parts = [_cbs(walk, x, x.channels // 2, 1)]
    for _ in range(3):
        parts.append(walk.max_pool(parts[-1], 1))
    return _cbs(walk, walk.cat(*parts), out, 1)


# UNets of Stable Diffusion --------------------------------------------------------------------------------------------------------------

PER_BLOCK, GROUPS, TEXT_LEN = 2, 32, 77


@dataclass(frozen=True)
class UNet:
    """A UNet as its unet/config.json tells it. depths: transformer layers of each level, 0 = none; heads of each level; extra: width of the
    vector of pooled text and picture sizes, 0 = none."""

    channels: tuple[int, ...]
    depths: tuple[int, ...]
    heads: tuple[int, ...]
    text: int
    extra: int

    def walk(self, walk: Walk, size: int) -> None:
        """Down, through the middle and up again; every layer of the way down is put beside one of the way up."""
        step, text = self._step(walk), walk.new(self.text * TEXT_LEN, 1)
        x = walk.conv(walk.new(LATENT, size // FROM_VAE), self.channels[0], 3, bias=True)
        beside = [x]
        for level, channels in enumerate(self.channels):
            for _ in range(PER_BLOCK):
                x = self._transformer(walk, _unet_residual(walk, x, step, channels), text, level)
                beside.append(x)
            if level < len(self.channels) - 1:
                x = walk.conv(x, channels, 3, 2, bias=True)
                beside.append(x)
        last = len(self.channels) - 1
        x = _unet_residual(walk, x, step, self.channels[last])
        x = self._transformer(walk, x, text, last, middle=True)
        x = _unet_residual(walk, x, step, self.channels[last])
        for level in range(last, -1, -1):
            for _ in range(PER_BLOCK + 1):
                x = _unet_residual(walk, walk.cat(x, beside.pop()), step, self.channels[level])
                x = self._transformer(walk, x, text, level)
            if level:
                x = walk.conv(walk.upsample(x), self.channels[level], 3, bias=True)
        walk.conv(walk.smooth(walk.norm(x, GROUPS)), LATENT, 3, bias=True)

    def _step(self, walk: Walk) -> Tensor:
        first, wide = self.channels[0], 4 * self.channels[0]
        step = walk.linear(walk.smooth(walk.linear(walk.new(first, 1), wide)), wide)
        return walk.add(step, walk.linear(walk.smooth(walk.linear(walk.new(self.extra, 1), wide)), wide)) if self.extra else step

    def _transformer(self, walk: Walk, x: Tensor, text: Tensor, level: int, *, middle: bool = False) -> Tensor:
        depth, heads, width = self.depths[level], self.heads[level], x.channels
        depth = max(depth, 1) if middle else depth
        if not depth:
            return x
        y = walk.linear(walk.norm(x, GROUPS), width)
        for _ in range(depth):
            n = walk.norm(y, y.points)
            q, k, v = (walk.linear(n, width, bias=False) for _ in range(3))
            y = walk.add(y, walk.linear(walk.attention(q, k, v, y.points, heads), width))
            q = walk.linear(walk.norm(y, y.points), width, bias=False)
            k, v = (self._of_text(walk, text, width) for _ in range(2))
            y = walk.add(y, walk.linear(walk.attention(q, k, v, TEXT_LEN, heads), width))
            both = walk.linear(walk.norm(y, y.points), 8 * width)
            walk.keep(both, walk.new(4 * width, y.side))  # a half and the GELU of the other half; the last matrix takes their product
            y = walk.add(y, walk.linear(walk.new(4 * width, y.side), width))
        return walk.add(x, walk.linear(y, width))

    def _of_text(self, walk: Walk, text: Tensor, width: int) -> Tensor:
        walk.keep(text)
        walk.parameters += self.text * width
        walk.flops += 2 * self.text * width * TEXT_LEN
        return walk.new(width * TEXT_LEN, 1)


def _unet_residual(walk: Walk, x: Tensor, step: Tensor, out: int) -> Tensor:
    y = walk.conv(walk.smooth(walk.norm(x, GROUPS)), out, 3, bias=True)
    y = walk.add(y, walk.linear(walk.smooth(step), out))
    y = walk.conv(walk.smooth(walk.norm(y, GROUPS)), out, 3, bias=True)
    return walk.add(y, x if x.channels == out else walk.conv(x, out, 1, bias=True))


# Rows -----------------------------------------------------------------------------------------------------------------------------------

SD15 = UNet((320, 640, 1280, 1280), (1, 1, 1, 0), (8, 8, 8, 8), 768, 0)
SDXL = UNet((320, 640, 1280), (0, 2, 10), (5, 10, 20), 2048, 2816)
UNETS = (
    ("Stable Diffusion 1.5 UNet", "huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5", 512, SD15),
    ("Stable Diffusion XL UNet", "huggingface.co/stabilityai/stable-diffusion-xl-base-1.0", 1024, SDXL),
)
RESNETS = {18: ((2, 2, 2, 2), False), 50: ((3, 4, 6, 3), True), 101: ((3, 4, 23, 3), True), 152: ((3, 8, 36, 3), True)}
YOLOS = {"n": (0.33, 0.25, 1024), "s": (0.33, 0.5, 1024), "m": (0.67, 0.75, 768), "l": (1.0, 1.0, 512), "x": (1.0, 1.25, 512)}


def networks() -> dict[str, dict[str, str | int]]:
    """Return the table of presets.toml of each network, by name."""
    rows = {}
    for layers, (depths, bottleneck) in RESNETS.items():
        walk = Walk()
        resnet(walk, 224, depths, bottleneck=bottleneck)
        rows[f"ResNet-{layers}"] = _row("github.com/pytorch/vision", "resnet", walk, image_size=224, channels=3, classes=1000)
    for letter, (depth, width, most) in YOLOS.items():
        walk = Walk()
        yolov8(walk, 640, depth, width, most)
        rows[f"YOLOv8{letter}"] = _row("github.com/ultralytics/ultralytics", "yolo", walk, image_size=640, channels=3, classes=CLASSES)
    for name, source, size, unet in UNETS:
        walk = Walk()
        unet.walk(walk, size)
        rows[name] = _row(source, "unet", walk, image_size=size, channels=LATENT, text_len=TEXT_LEN, text_hidden=unet.text)
    return rows


def _row(source: str, family: str, walk: Walk, **shape: int) -> dict[str, str | int]:
    sums = {"flops_per_sample": walk.flops, "kept_per_sample": walk.kept_elements}
    return {"source": source, "family": family, "parameters": walk.parameters, **shape, **sums}


if __name__ == "__main__":
    for name, row in networks().items():
        values = (f'"{value}"' if isinstance(value, str) else f"{value:_}" if value > 10**5 else str(value) for value in row.values())
        print("\n".join(("[[model]]", f'name = "{name}"', *(f"{key} = {value}" for key, value in zip(row, values, strict=True)), "")))
