"""Count what autograd keeps for the backward pass: bytes of storages and of views, and the most alive at once during backward.

Torch only; run by hand, never imported by the tests. A storage counts once however many nodes hold views of it. Parameters, buffers and
integer inputs do not count.
"""

import linecache
import sys
import weakref
from collections.abc import Callable
from pathlib import Path

import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils import checkpoint as checkpointing

_MODEL_FILES = ("modeling_", "loss_utils", "integrations", "plain_models", "activations.py")


class Ledger:
    """Storages held by saved tensors: bytes alive now, at most, and the sizes of all views saved so far."""

    def __init__(self, model: torch.nn.Module, inputs: list[torch.Tensor], *, explain: bool = False) -> None:
        constant = [*model.parameters(), *model.buffers(), *inputs]
        self._constant = {tensor.untyped_storage().data_ptr() for tensor in constant}
        self._alive: dict[int, int] = {}
        self._explain = explain
        self.views = 0
        self.peak = 0
        self.origins: list[tuple[str, str, tuple[int, ...], int]] = []

    @property
    def alive(self) -> int:
        """Bytes of the storages that saved tensors hold now."""
        return sum(self._alive.values())

    def note(self, tensor: torch.Tensor) -> None:
        """Count a tensor that a node saves."""
        storage = tensor.untyped_storage()
        if storage.data_ptr() in self._constant or storage.nbytes() == 0:
            return
        self.views += tensor.numel() * tensor.element_size()
        key = storage._cdata
        if key not in self._alive:
            self._alive[key] = storage.nbytes()
            weakref.finalize(storage, self._alive.pop, key, None)
            self.peak = max(self.peak, self.alive)
            if self._explain:
                self.origins.append((_caller(), str(tensor.dtype)[6:], tuple(tensor.shape), storage.nbytes()))


def _caller() -> str:
    frame = sys._getframe(2)
    while frame and not any(part in frame.f_code.co_filename for part in _MODEL_FILES):
        frame = frame.f_back
    if frame is None:
        return "?"
    name = frame.f_code.co_filename
    return f"{Path(name).stem}:{frame.f_lineno} {linecache.getline(name, frame.f_lineno).strip()[:90]}"


class _Recorded(checkpointing._recomputation_hook):
    """The hook under which a checkpointed layer runs again, with a ledger."""

    ledger: Ledger | None = None

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        plain = self.pack_hook

        def pack(tensor: torch.Tensor) -> object:
            if _Recorded.ledger is not None:
                _Recorded.ledger.note(tensor)
            return plain(tensor)

        self.pack_hook = pack


checkpointing._recomputation_hook = _Recorded


def count(
    model: torch.nn.Module, inputs: list[torch.Tensor], loss_of: Callable[[], torch.Tensor], *, explain: bool = False
) -> tuple[Ledger, int, int]:
    """Run forward and backward once and return the ledger, and the bytes kept after the forward pass: of storages and of views."""
    ledger = Ledger(model, inputs, explain=explain)

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        ledger.note(tensor)
        return tensor.detach()

    _Recorded.ledger = None
    with saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = loss_of()
    kept, views = ledger.alive, ledger.views
    _Recorded.ledger = ledger
    loss.backward()
    _Recorded.ledger = None
    return ledger, kept, views
