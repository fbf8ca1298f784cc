"""The source scan: what is found where, what hostile trees do to it, and what it means per family."""

import json
import os
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine import pipeline
from app.engine.errors import Cancelled, EngineError
from app.engine.messages import message, render, render_remedy
from app.engine.model.porting import Scan
from app.engine.model.projects import Project
from app.engine.porting import is_source, judge_source, scan_source
from app.engine.project_file import load_project, save_project
from app.engine.scanning import other_sources
from app.engine.scanning.python_source import NotParsed, parse, read_broken, read_tree
from app.engine.scanning.rules import rules_of

TRAIN = '''"""A docstring may speak of torch.cuda and "cuda"."""
import os
import torch as th, torch.distributed as dist
from torch.cuda.amp import autocast, GradScaler as Scaler
from flash_attn import flash_attn_func
from torch.utils.cpp_extension import load
import triton
from . import helper
from mypackage.sub import thing
kernels = load(name="my", sources=["my.cu"])
@triton.jit
def kernel(x):
    pass
def main(rank):
    dist.init_process_group(backend="nccl")
    th.cuda.set_device(rank)
    th.cuda.synchronize(); th.cuda.synchronize()
    model = th.nn.Linear(3, 3).cuda()
    x = th.randn(3, device=f"cuda:{rank}", dtype=th.float64).to("cuda:0")
    with autocast(): th.compile(model)(x)
    th.ops.aten.mm(x, x), th.ops.mine.fuse(x)
    os.environ["CUDA_VISIBLE_DEVICES"] = "0"
'''


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "src"
    (folder / "mypackage").mkdir(parents=True)
    (folder / "train.py").write_text(TRAIN)
    (folder / "mypackage" / "sub.py").write_text("import numpy, scipy.linalg\n")
    (folder / "my.cu").write_text("// __global__ is spoken of\n__global__ void f() {}\nvoid g() { cudaMalloc(0, 1); }\n")
    (folder / "requirements.txt").write_text("# torch\ntorch==2.3.1\nflash-attn>=2.5 ; python_version>'3'\ncupy-cuda12x\n-r other.txt\n")
    (folder / "setup.py").write_text(
        "from torch.utils.cpp_extension import CUDAExtension\n"
        "setup(ext_modules=[CUDAExtension('a', ['my.cu'])], install_requires=['apex>=0.1'])\n"
    )
    return folder


def found(scan: Scan) -> dict[str, tuple[str, int, str, int]]:
    return {one.what: (one.file, one.line, one.kind, one.count) for one in scan.findings}


def test_what_is_found_where_and_how_often(tree):
    scan = scan_source(tree)
    by = found(scan)
    assert by["torch.cuda.synchronize"] == ("train.py", 17, "api", 2)
    assert by["torch.cuda.amp.autocast"] == ("train.py", 4, "amp", 2) and by["torch.cuda.amp.GradScaler"][2] == "amp"
    assert by[".cuda()"] == ("train.py", 18, "device", 1)
    assert by['"cuda:"'][1] == by['"cuda:0"'][1] == 19 and by["torch.float64"][2] == "dtype"
    assert by['"nccl"'] == ("train.py", 15, "collective", 1)
    assert by["torch.utils.cpp_extension.load"][3] == 2 and by["torch.utils.cpp_extension.CUDAExtension"][0] == "setup.py"
    assert by["triton.jit"][2] == "kernel" and by["torch.compile"][2] == "compile" and "torch.ops.mine" in by
    assert "torch.ops.aten" not in by and '"cuda"' not in by
    assert by["__global__"] == ("my.cu", 2, "kernel", 1) and by["cudaMalloc"][1] == 3
    assert by["flash_attn"] == ("train.py", 5, "package", 1)
    assert scan.files == 5 and scan.lines == sum(len(path.read_text().splitlines()) for path in tree.rglob("*.*"))


def test_packages_from_imports_and_requirements(tree):
    packages = {one.name: one for one in scan_source(tree).packages}
    assert packages["flash-attn"].constraint == ">=2.5" and packages["flash-attn"].imported == 1
    assert packages["cupy-cuda12x"].topic == "cuda-kernel" and packages["apex"].topic == "apex"
    assert packages["torch"].constraint == "==2.3.1" and packages["torch"].topic == ""
    assert "mypackage" not in packages and "os" not in packages and "numpy" in packages


def test_requirement_files_of_all_kinds(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname="x"\ndependencies = [\n "deepspeed>0.1",\n]\n[tool.poetry.dependencies]\nxformers = "0.0.23"\n'
    )
    (tmp_path / "environment.yml").write_text(
        "name: e\nchannels:\n  - nvidia\ndependencies:\n  - python=3.10\n  - pytorch::faiss-gpu=1.7\n  - pip:\n    - bitsandbytes==0.41\n"
    )
    (tmp_path / "run.sh").write_text(
        "#!/bin/bash\n# torchrun\nexport CUDA_VISIBLE_DEVICES=0\ntorchrun --nproc 8 train.py\npython -m torch.distributed.launch x.py\n"
    )
    cells = [
        {"cell_type": "markdown", "source": "cuda"},
        {"cell_type": "code", "source": ["%pip install x\n", "import torch\n", "torch.cuda.is_available()\n"]},
        {"cell_type": "code", "source": "print 'x'"},
    ]
    (tmp_path / "note.ipynb").write_text(json.dumps({"cells": cells}))
    scan = scan_source(tmp_path)
    packages = {one.name: one for one in scan.packages}
    assert packages["deepspeed"].topic == "deepspeed" and packages["deepspeed"].line == 4
    assert packages["xformers"].topic == "xformers" and packages["faiss-gpu"].topic == "faiss-gpu" and packages["bitsandbytes"].line == 8
    assert "nvidia" not in packages
    by = found(scan)
    assert by["torch.cuda.is_available"][:2] == ("note.ipynb#2", 3) and by["torchrun"][1] == 4 and by["CUDA_VISIBLE_DEVICES"][1] == 3
    assert by["torch.distributed.launch"][2] == "launcher"
    assert [(one.file, one.why) for one in scan.unreadable] == [("note.ipynb#3", "python_2")]


def test_a_hostile_tree_is_survived_with_place_and_remedy(tmp_path):
    folder, outside = tmp_path / "src", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.py").write_text("import apex\n")
    (folder / "link.py").symlink_to(outside / "secret.py")
    (folder / "loop").symlink_to(folder)
    (folder / "away").symlink_to(outside)
    (folder / "huge.py").write_text("x = 1\n" * 1_000_000)
    (folder / "binary.py").write_bytes(b"\0\1\2" * 100)
    (folder / "broken.py").write_text("import torch\ntorch.cuda.synchronize()\ndef f(:\n")
    (folder / "old.py").write_text('import torch\nprint "x"\ntorch.cuda.empty_cache()\n')
    (folder / "gbk.py").write_bytes("名字 = '中文'\nimport apex\n".encode("gbk"))
    (folder / "nested.py").write_text("(" * 5000 + ")" * 5000)
    (folder / "deep.py").write_text("x = " + "-" * 20000 + "1")
    (folder / "long.py").write_text("x = " + "+".join(["a"] * 20000))
    (folder / "bad.ipynb").write_text("{")
    (folder / "list.ipynb").write_text("[1]")
    (folder / "pyproject.toml").write_text("= nothing")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "x.py").write_text("import apex\n")
    (folder / "escape.py").write_text("import re\nx = '\\d'\n")
    os.mkfifo(folder / "pipe.py")
    (folder / "good.py").write_text("import xformers\n")
    below = folder
    for _ in range(80):
        below = below / "d"
    below.mkdir(parents=True)
    scan = scan_source(folder)
    assert scan.skipped["link"] == 3 and scan.skipped["huge"] == scan.skipped["binary"] == scan.skipped["special"] == 1
    assert scan.skipped["installed"] == 1 and scan.skipped["too_deep"] == 1
    by = found(scan)
    assert "xformers" in by and by["apex"][0] == "gbk.py" and by["torch.cuda.synchronize"][:2] == ("broken.py", 2)
    assert by["torch.cuda.empty_cache"][:2] == ("old.py", 3)
    unread = {one.file: one for one in scan.unreadable}
    assert unread["broken.py"].line == 3 and unread["broken.py"].why == "syntax" and unread["old.py"].why == "python_2"
    assert {"nested.py", "bad.ipynb", "list.ipynb", "pyproject.toml"} <= unread.keys() and "escape.py" not in unread
    for one in scan.unreadable:
        for lang in ("zh", "en"):
            why = message(f"scan.unread.{one.why}", detail=one.detail)
            assert render(why, lang) != why.code and render_remedy(why, lang)


def test_what_is_no_folder_is_refused(tmp_path):
    (tmp_path / "a.py").write_text("")
    for path in (tmp_path / "a.py", tmp_path / "none"):
        with pytest.raises(EngineError) as caught:
            scan_source(path)
        assert caught.value.message.code == "scan.no_folder"


def test_a_scan_can_be_cancelled(tree):
    def stop(_share, _doing):
        raise Cancelled

    with pytest.raises(Cancelled):
        scan_source(tree, stop)


def test_nothing_is_run(tmp_path):
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'made')!r}, 'w')\n")
    (tmp_path / "setup.py").write_text(f"open({str(tmp_path / 'made')!r}, 'w')\n")
    scan_source(tmp_path)
    assert not (tmp_path / "made").exists()


TELL = lambda *_found: None  # noqa: E731


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text() | st.from_regex(r"(import [a-z.]{1,9}\n|x = torch\.cuda\.[a-z]{1,5}\(\n?\)|from [a-z.]+ import \*\n)*"))
def test_any_text_is_read(text):
    rules = rules_of(pipeline.knowledge().porting)
    data = text.encode("utf-8", "surrogatepass")
    with suppress(NotParsed):
        read_tree(parse(data), rules, TELL)
    read_broken(text, rules, TELL)
    other_sources.read_native(text, rules, TELL)
    other_sources.read_shell(text, rules, TELL)
    list(other_sources.requirements(text)), list(other_sources.conda_requirements(text))
    for reader in (other_sources.pyproject_requirements, lambda found: other_sources.notebook_cells(found.encode("utf-8", "replace"))):
        with suppress(ValueError):
            list(reader(text))


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["cells", "source", "cell_type"]), inner),
    )
)
def test_any_json_is_taken_for_a_notebook(value):
    with suppress(ValueError):
        list(other_sources.notebook_cells(json.dumps(value).encode()))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.dictionaries(st.sampled_from(["project", "dependencies", "tool", "poetry"]), inner),
    )
)
def test_any_table_is_taken_for_a_pyproject(value):
    def told(one, prefix=""):
        for key, inner in one.items() if isinstance(one, dict) else ():
            yield f"{prefix}{key} = {json.dumps(inner) if isinstance(inner, int | str) else '1'}"

    with suppress(ValueError):
        list(other_sources.pyproject_requirements("\n".join(told(value))))


def test_the_same_source_is_judged_by_family(tree):
    scan = scan_source(tree)
    platforms = pipeline.platforms_by_id()
    ascend, nvidia = "ascend-910b2", "nvidia-h100-sxm-80gb"
    metax = next(one.id for one in platforms.values() if one.family == "metax-maca")
    verdicts = judge_source(scan, [platforms[name] for name in (ascend, nvidia, metax)])
    of = {name: {one.topic: one for one in verdict.topics} for name, verdict in verdicts.items()}
    assert of[ascend]["torch.cuda"].word == "adapt" and "transfer_to_npu" in of[ascend]["torch.cuda"].verdict.instead_en
    assert of[ascend]["cuda-extension"].word == "write" and of[ascend]["flash-attn"].word == "replace"
    assert of[metax]["torch.cuda"].word == "runs" and of[metax]["torch.cuda"].inferred and not of[metax]["flash-attn"].inferred
    assert verdicts[nvidia].level == "ok" and verdicts[ascend].level == verdicts[metax].level == "warning"
    words = [one.word for one in verdicts[ascend].topics]
    assert words == sorted(words, key=("write", "replace", "adapt", "unknown", "runs").index)


def test_a_project_keeps_its_scan(tree, tmp_path):
    scan = scan_source(tree)
    save_project(Project(name="x", scan=scan), tmp_path / "p.sxp")
    assert load_project(tmp_path / "p.sxp").scan == scan


def test_a_folder_of_records_is_no_source(tree, tmp_path):
    assert is_source([tree]) and not is_source([tree, tree]) and not is_source([tree / "train.py"])
    records = tmp_path / "records"
    records.mkdir()
    for name in ("a.csv", "b.json", "plot.py"):
        (records / name).write_text("")
    assert not is_source([records])


def test_texts_made_to_stall_do_not(tmp_path):
    """Each would take hours where a pattern or the count of lines were quadratic."""
    (tmp_path / "open.cu").write_text("/*" * 1_000_000)
    (tmp_path / "calls.cu").write_text("cudaMalloc(\n" * 200_000)
    (tmp_path / "space.cu").write_text("asm" + " " * 2_000_000)
    (tmp_path / "blank.py").write_text("(\n" + "\n" * 3_000_000)
    (tmp_path / "names.py").write_text("def f(:\n" + "import torch.cuda.x\n" * 150_000)
    (tmp_path / "words.sh").write_text("torchrun " * 300_000)
    by = found(scan_source(tmp_path))
    assert by["cudaMalloc"] == ("calls.cu", 1, "api", 200_000) and by["torch.cuda.x"][3] == 150_000 and by["torchrun"][3] == 300_000
