"""Make the sample's monitoring logs and price sheet. SYNTHETIC: no machine was measured; the files say so.

Usage: python -m resources.sample.make_logs     (the logs begin when the recorded Kineto trace begins)
"""

import datetime
from pathlib import Path

import numpy as np

from app.engine.reading import read_trace

FOLDER = Path(__file__).parent
CARDS, SECONDS = 8, 300
HEAD = (
    "timestamp, index, name, utilization.gpu [%], utilization.memory [%], memory.used [MiB], memory.total [MiB], power.draw [W], "
    "temperature.gpu"
)
NAME = "SYNTHETIC A100-SXM4-80GB"


def activity(generator: np.random.Generator) -> np.ndarray:
    """Return (SECONDS,) 0..1: idle head and tail, steady training, two checkpoint pauses."""
    busy = np.ones(SECONDS)
    busy[:15], busy[-12:] = 0.0, 0.0
    busy[120:132], busy[236:248] = 0.12, 0.12
    return busy * np.clip(generator.normal(0.93, 0.03, SECONDS), 0, 1)


def main() -> None:
    """Write both logs and the price sheet."""
    generator = np.random.default_rng(20261124)
    trace = read_trace(FOLDER / "traces" / "training_cpu.pt.trace.json.gz")
    begin = datetime.datetime.fromtimestamp((trace.start_ns or 0) / 1e9, datetime.UTC).replace(microsecond=0) - datetime.timedelta(
        seconds=60
    )
    busy = activity(generator)
    cards = generator.normal(1.0, 0.012, CARDS)
    smi = [HEAD]
    dcgm = [
        "# SYNTHETIC: made by resources/sample/make_logs.py, no machine was measured",
        "#Entity   SMACT   TENSO   DRAMA   PCITX   PCIRX   NVLTX   NVLRX",
        "ID",
    ]
    for second in range(SECONDS):
        moment = begin + datetime.timedelta(seconds=second)
        for card in range(CARDS):
            level = float(np.clip(busy[second] * cards[card] + generator.normal(0, 0.01), 0, 1))
            memory = 59_800 + 40 * card if level > 0 else 620
            smi.append(
                f"{moment:%Y/%m/%d %H:%M:%S}.000, {card}, {NAME}, {level * 100:.0f} %, {level * 46:.0f} %, {memory} MiB, 81920 MiB, "
                f"{68 + 310 * level:.2f} W, {34 + 31 * level:.0f}"
            )
            link = 34e9 * level * (0.9 + 0.2 * generator.random())
            dcgm.append(
                f"{moment:%Y-%m-%d %H:%M:%S} GPU {card}   {level * 0.88:.3f}   {level * 0.41:.3f}   {level * 0.47:.3f}   "
                f"{2.1e9 * level:.0f}   {3.4e9 * level:.0f}   {link:.0f}   {link * 0.98:.0f}"
            )
    (FOLDER / "traces" / "synthetic_nvidia_smi.csv").write_text("\n".join(smi) + "\n", encoding="utf-8")
    (FOLDER / "traces" / "synthetic_dcgmi_dmon.txt").write_text("\n".join(dcgm) + "\n", encoding="utf-8")
    write_prices()


PRICES = (
    ("A100-SXM4-80GB", "8 卡整机，2×IB HDR", "单卡", 8, "卡时", 8.2, "CNY", 0.06, 1.0, "1 个月", 128, "3 天", "北京", "NVLink + IB"),
    ("昇腾910B2", "8 卡整机，RoCE 200G", "单卡", 8, "卡时", 5.6, "CNY", 0.06, 0.95, "1 个月", 512, "7 天", "贵州", "HCCS + RoCE"),
    ("A800-SXM4-80GB", "8 卡整机", "整机", 8, "月", 46000, "CNY", 0.06, 1.0, "1 个月", 64, "5 天", "宁夏", "NVLink + IB"),
    ("H800 SXM", "8 卡整机", "整机", 8, "月", 82000, "CNY", 0.06, 0.92, "1 个月", 32, "15 天", "上海", "NVLink + IB"),
    ("H20 96GB", "8 卡整机", "整机", 8, "月", 52000, "CNY", 0.06, 1.0, "1 个月", 256, "5 天", "内蒙古", "NVLink + RoCE"),
    ("RTX 4090", "8 卡整机，PCIe", "单卡", 8, "卡时", 1.9, "CNY", 0.06, 1.0, "", 640, "1 天", "成都", "PCIe"),
    ("metax-c500-oam", "沐曦 C500，8 卡整机", "单卡", 8, "卡时", 4.3, "CNY", 0.06, 0.9, "", 96, "20 天", "杭州", "MetaXLink"),
)


def write_prices() -> None:
    """Write the example price sheet: figures are examples, no offer."""
    import openpyxl

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "价格"
    sheet.append(["示例价格表（EXAMPLE）：数字只作演示，不是任何人的报价"])
    heads = [
        "平台",
        "配置",
        "单卡/整机",
        "每节点卡数",
        "计费方式",
        "单价",
        "币种",
        "税率",
        "折扣",
        "最小起租",
        "可用卡数",
        "供给时间",
        "地区",
        "互联",
        "价格日期",
        "有效期",
        "备注",
    ]
    sheet.append(heads)
    for row in PRICES:
        sheet.append([*row, datetime.date(2026, 11, 24), datetime.date(2027, 1, 31), "示例"])
    sheet.freeze_panes = "A3"
    for column, width in zip("ABCDEFGHIJKLMNOPQ", (18, 24, 10, 11, 10, 10, 8, 8, 8, 12, 10, 10, 10, 16, 12, 12, 10), strict=True):
        sheet.column_dimensions[column].width = width
    workbook.save(FOLDER / "prices.xlsx")


if __name__ == "__main__":
    main()
