"""The platform database and price sheets."""

import datetime

import openpyxl
import pytest

from app.engine import pipeline
from app.engine.errors import EngineError


def test_the_database_has_no_problems_and_every_row_a_source():
    assert pipeline.check_platforms() == ()
    platforms = pipeline.catalogue().platforms
    assert len(platforms) > 130 and sum(one.domestic for one in platforms) > 50
    assert all(one.facts["memory_gb"].source and one.facts["memory_gb"].as_of for one in platforms)


def test_one_direction_rates():
    a800 = pipeline.catalogue().platform("nvidia-a800-sxm-80gb")
    assert (a800.fabric.one_direction_gbs, a800.host.one_direction_gbs) == (200, 31.5)


def test_unknown_ids_suggest_the_nearest():
    with pytest.raises(EngineError) as caught:
        pipeline.catalogue().platform("nvidia-h100-sxm-80g")
    assert "nvidia-h100" in str(caught.value.message.params["near"])


@pytest.mark.parametrize(
    ("text", "certainty", "platform"),
    [
        ("ascend-910b2", "exact", "ascend-910b2"),
        ("昇腾910B2", "alias", "ascend-910b2"),
        ("A800-SXM4-80GB", "alias", "nvidia-a800-sxm-80gb"),
        ("沐曦 C500", "ambiguous", None),
        ("某某芯片 X1", "none", None),
    ],
)
def test_names_as_salespeople_write_them(text, certainty, platform):
    found = pipeline.catalogue().match(text)
    assert found.certainty == certainty and (platform is None or found.platforms == (platform,))


HEADS = ["平台", "单卡/整机", "每节点卡数", "计费方式", "单价", "币种", "税率", "折扣", "可用卡数", "供给时间", "有效期"]


def sheet(tmp_path, *rows, heads=HEADS, title=True):
    book = openpyxl.Workbook()
    book.active.title = "报价"
    if title:
        book.active.append(["某公司报价单"])
    book.active.append(heads)
    for row in rows:
        book.active.append(list(row))
    book.save(tmp_path / "p.xlsx")
    return pipeline.read_prices(tmp_path / "p.xlsx")


def test_a_good_row_and_every_doubt_with_its_cell(tmp_path):
    good = ["昇腾910B2", "单卡", 8, "卡时", 5.5, "CNY", "6%", "九五折", 128, "3天", datetime.date(2026, 12, 31)]
    found = sheet(tmp_path, good, ["沐曦 C500", *good[1:]], [*good[:4], "面议", *good[5:]], ["什么卡", *good[1:]])
    assert found.rows == 4 and len(found.prices) == 1
    only = found.prices[0]
    assert (only.platform, only.unit_price, only.tax_rate, only.discount, only.delivery_days) == ("ascend-910b2", 5.5, 0.06, 0.95, 3)
    assert {problem.cell for problem in found.problems} == {"报价!A4", "报价!E5", "报价!A6"}
    assert all(problem.what.code.startswith("prices.") for problem in found.problems)


def test_a_sheet_without_heads_or_no_workbook_is_refused(tmp_path):
    with pytest.raises(EngineError):
        sheet(tmp_path, ["a", "b"], heads=["x", "y"])
    (tmp_path / "q.xlsx").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(EngineError):
        pipeline.read_prices(tmp_path / "q.xlsx")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_template_is_read_back(tmp_path, lang):
    path = tmp_path / "t.xlsx"
    pipeline.write_price_template(path, lang)
    book = openpyxl.load_workbook(path)
    heads = [cell.value for cell in book.active[2]]
    row = {"platform": "nvidia-h20-96gb", "unit price": 9.9, "billing": "月", "basis": "整机", "cards per node": 8}
    book.active.append([next((value for key, value in row.items() if str(head).endswith(key)), None) for head in heads])
    book.save(path)
    assert [one.platform for one in pipeline.read_prices(path).prices] == ["nvidia-h20-96gb"]
