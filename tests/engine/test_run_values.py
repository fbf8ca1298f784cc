"""Values of a run description that do not agree with the shape, or are none: marked, or refused in words of the reader's language."""

import msgspec
import pytest

from app.engine.errors import EngineError
from app.engine.messages import render
from app.engine.workload import load_presets, load_run
from app.engine.workload.kv_cache import kv_format
from tests.engine.test_run_keys import faults


def test_parameters_that_are_not_those_of_the_shape_are_marked():
    shape = next(preset.model for preset in load_presets() if preset.name == "Llama-3.1-8B")
    assert list(faults(msgspec.structs.replace(shape, parameters=70e9), "inference")) == ["model.parameters"]
    assert not faults(msgspec.structs.replace(shape, parameters=8e9), "inference")


def test_adapters_of_matrices_that_are_not_there_are_marked():
    shape = next(preset.model for preset in load_presets() if preset.name == "Llama-3.1-8B")
    assert list(faults(shape, "lora", lora_targets=("foo",))) == ["run.lora_targets"]
    assert not faults(shape, "lora", lora_targets=("q_proj", "foo")) and not faults(shape, "lora", lora_targets=("all",))


def test_the_formats_of_a_cache_are_known_by_their_names_in_engines():
    assert not faults(task="inference", kv_dtype="fp8_e4m3") and kv_format("fp8_e5m2", "bf16").word == 1
    assert list(faults(task="inference", kv_dtype="fp7")) == ["run.kv_dtype"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[run]\nmemory_fraction = 1.5", "At most 1;"),
        ("[run]\nrecompute = 'half'", "use none, selective, full"),
        ("[model]\nhidden = 'abc'", '"abc" is not a number'),
        ("[model]\nhidden = 4096.5", "A whole number, such as 4096, 4097"),
    ],
)
def test_a_value_that_is_none_is_told_in_words(tmp_path, line, words):
    path = tmp_path / "run.toml"
    path.write_text(f'[workload]\ntask = "pretrain"\n{line}\n')
    with pytest.raises(EngineError) as caught:
        load_run(path)
    assert words in render(caught.value.message, "en") and "Expected" not in render(caught.value.message, "zh")
