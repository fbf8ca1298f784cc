"""Text files as they come from the field: UTF-8 with or without BOM, UTF-16 from PowerShell, GBK from Chinese Windows."""

CONTROL_BYTES = bytes(set(range(32)) - {9, 10, 11, 12, 13, 27})
MOST_CONTROL_SHARE = 0.02
LONGEST_CHARACTER_BYTES = 4
LOST_BLOCK = bytes(32)
"""What a power loss leaves of the last write of a log: zeros by the block."""


def encoding_of(head: bytes, *, cut: bool = False) -> str:
    """Return utf-8-sig, utf-16, utf-16-le, utf-16-be, gb18030 or latin-1; "" for a binary file.

    cut  head is only the beginning, so that its last character may be incomplete
    """
    if head.startswith(b"SQLite format 3\0"):  # its pages may look like UTF-16
        return ""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = head.replace(LOST_BLOCK, b"") or head
    if _looks_like_utf16(head):
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    if len(head.translate(None, CONTROL_BYTES)) < len(head) * (1 - MOST_CONTROL_SHARE):
        return ""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            head.decode(encoding)
        except UnicodeDecodeError as error:
            if cut and len(head) - error.start < LONGEST_CHARACTER_BYTES:
                return encoding
            continue
        return encoding
    return "latin-1"


def decode(content: bytes) -> str:
    """Return the text of a whole file with \\n line ends. Raises ValueError for a binary one."""
    encoding = encoding_of(content)
    if not encoding:
        raise ValueError("binary")
    return content.decode(encoding, "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\0", "")


def _looks_like_utf16(head: bytes) -> bool:
    sample = head[:4096]
    half = len(sample) // 2
    return half > 8 and max(sample[::2].count(0), sample[1::2].count(0)) > 0.6 * half  # noqa: PLR2004
