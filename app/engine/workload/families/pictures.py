"""Networks for pictures and video: what their transformers have beside attention and MLP (ViT, CLIP, DiT, Stable Diffusion 3, Wan)."""

from msgspec.structs import replace

from app.engine.model.workloads import Model
from app.engine.workload.network import Attention, Layer, Matrix

PICTURES = frozenset({"vit", "clip", "dit", "wan", "sd3"})
DIFFUSION = frozenset({"dit", "wan", "sd3"})
LATENT = 8  # pixels per value of a latent, of all variational autoencoders that are used with these
TIME, POOLED = 256, 2048  # widths of the step's embedding, and of SD3's pooled prompt


def patches(model: Model, family: str) -> int:
    """Return the patches of one frame: (image / patch)^2, of latents an eighth as wide; a size that does not divide stands for an area."""
    if not (model.image_size and model.patch_size):
        return 0
    side = model.image_size / model.patch_size / (LATENT if family in DIFFUSION else 1)
    return int(side * side)


def tokens_per_sample(model: Model, family: str) -> int:
    """Return the tokens of one picture or clip; 0 for text. SD3 attends to picture and prompt together."""
    if family not in PICTURES:
        return 0
    beside = 1 if family in ("vit", "clip") else model.text_len if family == "sd3" else 0
    return patches(model, family) * max(1, model.frames) + beside


def diffusion_layer(model: Model, family: str, matrices: tuple[Matrix, ...], attention: Attention, number: int) -> Layer:
    """Return layer `number` of a diffusion transformer.

    dit  six modulation vectors from the step, one matrix (arXiv:2212.09748)
    wan  cross attention to the prompt, norms over the whole width of Q and K, six learned vectors (github.com/Wan-Video/Wan2.1)
    sd3  a second stream for the prompt with matrices of its own; both attend together (arXiv:2403.03206). In the last layer it ends
    """
    hidden, width = model.hidden or 0, model.intermediate or 4 * (model.hidden or 0)
    once = 1 / max(1, tokens_per_sample(model, family))
    if family == "wan":
        cross, more = _cross(model, hidden)
        return Layer(
            "cross", (*matrices, *more), attention, 2 * hidden + 2 * hidden + 2 * hidden + 6 * hidden, 3, width, False, cross=cross
        )
    if family == "dit":
        modulation = Matrix("modulation", "cross", hidden, 6 * hidden, "whole", True, uses=once)
        return Layer("full", (*matrices, modulation), attention, 0, 2, width, False)
    return _two_streams(model, matrices, attention, last=number + 1 == model.layers, once=once)


def _cross(model: Model, hidden: int) -> tuple[Attention, tuple[Matrix, ...]]:
    heads = model.heads or 1
    cross = Attention(heads, heads, hidden // heads, hidden // heads, causal=False, cross_tokens=model.text_len)
    share = model.text_len / max(1, tokens_per_sample(model, "wan"))  # keys and values are those of the prompt
    return cross, (
        Matrix("cross_q_proj", "cross", hidden, hidden, bias=True),
        Matrix("cross_k_proj", "cross", hidden, hidden, bias=True, uses=share),
        Matrix("cross_v_proj", "cross", hidden, hidden, bias=True, uses=share),
        Matrix("cross_o_proj", "cross", hidden, hidden, "rows", True),
    )


def _two_streams(model: Model, matrices: tuple[Matrix, ...], attention: Attention, *, last: bool, once: float) -> Layer:
    hidden, width = model.hidden or 0, model.intermediate or 4 * (model.hidden or 0)
    prompt = model.text_len * once
    picture = [replace(one, uses=1 - prompt) for one in matrices]
    kept = matrices if not last else [one for one in matrices if one.name in ("q_proj", "k_proj", "v_proj")]
    text = [replace(one, name=f"text_{one.name}", uses=prompt) for one in kept]
    modulations = [
        Matrix("modulation", "cross", hidden, 6 * hidden, "whole", True, uses=once),
        Matrix("text_modulation", "cross", hidden, (2 if last else 6) * hidden, "whole", True, uses=once),
    ]
    return Layer("last" if last else "full", (*picture, *text, *modulations), attention, 0, 2, width, False)


def outside(model: Model, family: str) -> tuple[int, int]:
    """Return (parameters in front of the layers, behind them without the last norm) of a network for pictures."""
    hidden = model.hidden or 0
    patch = (model.channels or (4 if family in DIFFUSION else 3)) * model.patch_size**2
    if family in ("vit", "clip"):
        front = patch * hidden + (hidden if family == "vit" else 2 * hidden) + hidden + tokens_per_sample(model, family) * hidden
        return front, (hidden + 1) * model.classes
    step = _two(TIME, hidden)
    if family == "dit":
        labels = (model.classes + 1) * hidden if model.classes else 0
        table = patches(model, family) * hidden  # fixed, yet counted by its authors
        return patch * hidden + hidden + table + step + labels, _last(hidden, 2 * patch)
    text = model.text_hidden * hidden + hidden
    if family == "sd3":
        return patch * hidden + hidden + step + _two(POOLED, hidden) + text, _last(hidden, patch)
    return (
        patch * hidden + hidden + text + hidden * hidden + hidden + step + hidden * 6 * hidden + 6 * hidden,
        hidden * patch + patch + 2 * hidden,
    )


def _two(width: int, hidden: int) -> int:
    """Parameters of two linear layers, width to hidden to hidden."""
    return width * hidden + hidden + hidden * hidden + hidden


def _last(hidden: int, patch: int) -> int:
    """Parameters of the last modulation and of the matrix that gives patches back."""
    return 2 * hidden * hidden + 2 * hidden + hidden * patch + patch
