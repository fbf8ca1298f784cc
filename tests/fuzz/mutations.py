"""What happens to files: bytes flipped, ends cut, lines doubled and shuffled, numbers and nesting beyond reason, 10 MB in a line."""

import gzip
import io
import random
import re
import zipfile
from collections.abc import Callable

NUMBERS = (
    b"1e308",
    b"-1e308",
    b"99999999999999999999999",
    b"-9223372036854775809",
    b"4294967295",
    b"0",
    b"-1",
    b"NaN",
    b"1e-320",
    b"9" * 400,
)
TOKENS = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x1b[31m",
    b"[N/A]",
    b'"',
    b"{",
    b"}",
    b"]",
    b",,,,",
    b"\t",
    b"\r\n",
    b"nan",
    b"- ",
    b"#",
    b"\xa0",
)
LONG_LINE_BYTES = 10 * 2**20
DEPTH = 50_000


def flip_bytes(raw: bytes, rng: random.Random) -> bytes:
    out = bytearray(raw)
    for _ in range(rng.randint(1, 40)):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def cut(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(len(raw))] if rng.random() < 0.7 else raw[rng.randrange(len(raw)) :]


def drop_a_part(raw: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(raw))
    return raw[:start] + raw[start + rng.randint(1, max(len(raw) // 4, 1)) :]


def double_lines(raw: bytes, rng: random.Random) -> bytes:
    lines = raw.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    return b"".join(lines[:at] + lines[at : at + 3] * rng.randint(2, 200) + lines[at:])


def shuffle_lines(raw: bytes, rng: random.Random) -> bytes:
    lines = raw.splitlines(keepends=True)
    rng.shuffle(lines)
    return b"".join(lines)


def huge_numbers(raw: bytes, rng: random.Random) -> bytes:
    share = rng.choice((0.01, 0.2, 1.0))
    return re.sub(rb"\d+(\.\d+)?", lambda found: rng.choice(NUMBERS) if rng.random() < share else found[0], raw[:200_000]) + raw[200_000:]


def insert_tokens(raw: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 12)):
        at = rng.randrange(len(raw) + 1)
        raw = raw[:at] + rng.choice(TOKENS) * rng.choice((1, 1, 3, 50)) + raw[at:]
    return raw


def nest_deeply(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + rng.choice((b"[", b"{", b'{"a":', b"<a>", b"(")) * DEPTH + raw[at:]


def one_long_line(raw: bytes, rng: random.Random) -> bytes:
    lines = raw.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    filling = rng.choice((b"x", b"1,", b"9 ", b'{"ph":"X"},', lines[at].rstrip(b"\r\n") + b" " or b"x"))
    return b"".join(lines[:at]) + filling * (LONG_LINE_BYTES // max(len(filling), 1)) + b"\n" + b"".join(lines[at:])


def other_encoding(raw: bytes, rng: random.Random) -> bytes:
    return raw.decode("utf-8", "replace").encode(rng.choice(("utf-16", "utf-16-be", "utf-32", "gb18030")), "replace")


def join_columns(raw: bytes, rng: random.Random) -> bytes:
    old, new = rng.sample((b",", b" ", b"\t", b";", b"|", b"\n", b":"), 2)
    return raw.replace(old, new)


def pack_and_harm(raw: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.5:
        packed = gzip.compress(raw, 1)
    else:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("rank0/log", raw)
            archive.writestr("rank1/log", raw)
        packed = out.getvalue()
    return rng.choice((flip_bytes, cut, drop_a_part))(packed, rng)


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip_bytes,
    cut,
    drop_a_part,
    double_lines,
    shuffle_lines,
    huge_numbers,
    insert_tokens,
    nest_deeply,
    one_long_line,
    other_encoding,
    join_columns,
    pack_and_harm,
)


def mutate(raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    """Return the names of what was done, and the mutant: one mutation mostly, two or three at times."""
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        mutation = rng.choice(MUTATIONS)
        if not raw or (done and len(raw) > LONG_LINE_BYTES):
            break
        raw = mutation(raw, rng)
        done.append(mutation.__name__)
    return "+".join(done), raw
