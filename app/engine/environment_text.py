"""What the output of everyday commands tells of a machine: pip freeze, nvidia-smi, npu-smi info, rocm-smi, /etc/os-release, uname, lscpu.

Also python -m torch.utils.collect_env, nvcc --version, nkvers, lsb_release and the host log of our capture kit. Several may stand in one
text, in any order. The keys are those of `Trace.environment` of a capture ("os", "driver", "package.torch").
"""

import re
from collections.abc import Iterator

MOST_CHARACTERS = 2_000_000
MOST_LINE = 400
MOST_LINES = 20_000
PACKAGES = frozenset(
    (
        "torch", "torch-npu", "torch-musa", "torch-mlu", "torch-gcu", "tensorflow", "mindspore", "paddlepaddle", "paddlepaddle-gpu",
        "paddlepaddle-xpu", "jax", "deepspeed", "megatron-core", "mindspeed", "transformers", "accelerate", "peft", "llamafactory", "vllm",
        "vllm-ascend", "sglang", "mindie", "mindie-llm", "tensorrt-llm", "lmdeploy", "flash-attn", "xformers", "bitsandbytes", "triton",
        "apex", "diffusers",
    )
)  # fmt: skip
_CAPTURED = frozenset(
    ("os", "cpu_arch", "cpu", "cpu_sockets", "memory_kib", "driver", "cuda", "cann", "rocm", "dtk", "musa", "neuware", "python")
)
_ARCH = r"(x86_64|aarch64|arm64|loongarch64|sw_64|mips64|riscv64|ppc64le)"
_RELEASED = "Kylin Linux Advanced Server|CentOS Linux|Red Hat Enterprise Linux|Rocky Linux|AlmaLinux|openEuler"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (key, re.compile(pattern, re.IGNORECASE))
    for key, pattern in (
        (
            "os",
            rf"^((?:{_RELEASED})\s+release\s+\S.{{0,60}})$",
        ),
        ("os", r"^PRETTY_NAME=[\"']?([^\"'\n]{2,120})"),
        ("os", r"^Description:\s+((?:Ubuntu|Debian|CentOS|UOS|UnionTech|Kylin|openEuler)\b.{0,80})$"),
        ("os", r"^OS:\s+(\S.{0,80}?)(?: \((?:x86_64|aarch64|arm64|loongarch64)\))?$"),
        ("cpu_arch", rf"^Linux\s+\S+\s+\d+\.\d+\S*\s.*\b{_ARCH}\b"),
        ("cpu_arch", rf"^(?:Architecture|架构)\s*[:：]\s*{_ARCH}\b"),
        ("cpu_arch", rf"^OS:.*\({_ARCH}\)$"),
        ("cpu_arch", rf"^{_ARCH}$"),
        ("cpu", r"^(?:Model name|型号名称)\s*[:：]\s*(\S.{0,100})$"),
        ("cpu_sockets", r"^(?:Socket\(s\)|座)\s*[:：]\s*(\d{1,3})$"),
        ("driver", r"\bnpu-smi\s+(\d[\w.]{1,30})\s+Version"),
        ("driver", r"\bDriver Version\s*[:：]\s*v?(\d[\w.\-]{1,40})"),
        ("driver", r"\bCNMON\s+v(\d[\w.]{1,30})"),
        ("cuda", r"Cuda compilation tools, release (\d{1,2}\.\d{1,2})"),
        ("maca", r"\bMACA Version\s*[:：]\s*(\d[\w.]{1,30})"),
        ("cann", r"^CANN(?: Version| version)?\s*[:=：]?\s+(\d[\w.]{1,30})$"),
        ("python", r"^Python(?: version:)?\s+(\d\.\d{1,2})(?:\.\d{1,3})?\b"),
        ("package.torch", r"^PyTorch version:\s+(\d[\w.+]{1,40})$"),
    )
)
"""Key -> what a whole line looks like; the first pattern of a key that is found anywhere counts."""
_PAIR = re.compile(r"^([a-z][\w.:-]{0,80}) = (\S.*)$")
_FROZEN = re.compile(r"^([A-Za-z0-9][\w.\-]{0,60})==(\d[\w.+!\-]{0,60})$")
_LISTED = re.compile(r"^([A-Za-z][\w.\-]{1,60})\s{1,60}(\d[\w.+!\-]{0,60})(?:\s|$)")


def environment_of_text(text: str) -> dict[str, str]:
    """Return what a text tells of a machine, {} where it tells nothing. Any text will do; nothing in it is run or followed."""
    lines = [line.strip() for line in text[:MOST_CHARACTERS].splitlines()[:MOST_LINES] if len(line) <= MOST_LINE]
    found: dict[str, str] = {}
    for key, value in _pairs(lines):
        found.setdefault(key, value)
    for key, pattern in _PATTERNS:
        if key not in found and (value := next((hit[1] for line in lines if (hit := pattern.search(line))), None)):
            found[key] = " ".join(value.replace(" release ", " ").split())
    for name, version in _packages(lines):
        found.setdefault(f"package.{name}", version)
    if cann := _toolkit_file(lines):
        found.setdefault("cann", cann)
    if minor := next((hit[1] for line in lines if (hit := re.match(r"MinorVersion=(10\d\d)$", line))), None):  # /etc/os-version of UOS
        found["os"] = f"UOS 20 {minor}" if "os" not in found or "10" not in found["os"] else found["os"]
    return found


def _pairs(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        hit = _PAIR.match(line)
        if hit and (hit[1] in _CAPTURED or hit[1].startswith("nic.")):
            yield hit[1], hit[2]
        elif hit and hit[1].startswith("package.") and _plain(hit[1][8:]) in PACKAGES:
            yield f"package.{_plain(hit[1][8:])}", hit[2]


def _packages(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the packages that matter from pip freeze (name==version), pip list and conda list (name  version)."""
    for line in lines:
        hit = _FROZEN.match(line) or _LISTED.match(line)
        if hit and _plain(hit[1]) in PACKAGES | {"pytorch"}:
            yield "torch" if hit[1] == "pytorch" else _plain(hit[1]), hit[2]


def _toolkit_file(lines: list[str]) -> str:
    """Return the version in ascend_toolkit_install.info, which names the package on one line and the version on a later one."""
    at = next((number for number, line in enumerate(lines) if line.lower().startswith("package_name=ascend-cann-toolkit")), None)
    near = lines[at : at + 6] if at is not None else []
    return next((line.partition("=")[2] for line in near if re.match(r"version=\d[\w.]{1,30}$", line)), "")


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
