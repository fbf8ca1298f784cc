"""Cut the bold face down to GBK and symbols: it sets names and headings, and 5 MB of rare characters would double the download.

Usage: python resources/fonts/subset_bold.py FULL_BOLD.ttf resources/fonts/NotoSansSC-Bold.ttf   (needs fonttools)
The faces come from the npm package @expo-google-fonts/noto-sans-sc (OFL-1.1).
"""

import subprocess
import sys


def gbk_characters() -> set[int]:
    """Return the code points that GBK can write."""
    points = set(range(0x20, 0x7F))
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            try:
                points.add(ord(bytes((lead, trail)).decode("gbk")))
            except (UnicodeDecodeError, TypeError):
                continue
    return points


SYMBOLS = [
    range(0xA0, 0x250),
    range(0x370, 0x400),
    range(0x2000, 0x2300),
    range(0x2460, 0x2600),
    range(0x25A0, 0x2600),
    range(0xFF00, 0xFFF0),
]

if __name__ == "__main__":
    source, target = sys.argv[1:3]
    wanted = gbk_characters().union(*SYMBOLS)
    unicodes = ",".join(f"{point:X}" for point in sorted(wanted))
    subprocess.run(
        ["pyftsubset", source, f"--output-file={target}", f"--unicodes={unicodes}", "--layout-features=*", "--no-hinting"], check=True
    )
