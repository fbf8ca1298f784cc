"""Price sheets as salespeople keep them: every fault in a small workbook of its own, read to the row and the cell."""

import datetime
import io
import zipfile

import openpyxl
import pytest
import xlsxwriter

from app.engine import pipeline
from app.engine.errors import EngineError
from app.engine.messages import LANGUAGES, has_entry
from app.engine.model.plans import PriceMapping
from app.engine.platform_store import read_price_sheet

TODAY = datetime.date(2026, 11, 25)


def read(path, *mappings):
    return read_price_sheet(path, pipeline.catalogue(), mappings, TODAY)


def written(tmp_path, *rows, merge=(), title="报价", name="p.xlsx"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(list(row))
    for area in merge:
        book.active.merge_cells(area)
    book.save(tmp_path / name)
    return tmp_path / name


def codes(sheet, level=None):
    return {(problem.cell, problem.what.code.removeprefix("prices.")) for problem in sheet.problems if level in (None, problem.level)}


def test_everything_at_once_as_a_salesperson_keeps_it(tmp_path):
    """Title, unit and tax in the title block, two-line heads, merged groups, a note between the rows, 面议, a total, a validity below."""
    path = written(
        tmp_path,
        ["某某智算算力租赁报价单（2026年11月）"],
        ["单位：万元/台/月　以上价格均含税6%"],
        ["序号", "卡型", "配置", "每台卡数", "租金", "租金", "库存"],
        ["", "", "", "", "1-11个月", "12个月及以上", ""],
        ["一、英伟达", "", "", "", "", "", ""],
        [1, "H20-96GB", "8卡 NVLink", 8, 5.5, 5.0, 64],
        [2, "", "8卡 NVLink 2T", 8, "5.8", "面议", 32],
        ["注：下面为国产卡"],
        [3, "昇腾910B2", "8卡", 8, 3.2, 2.9, 128],
        ["合计", "", "", "", 14.5, "", ""],
        ["有效期30天，报价日期：2026-11-20"],
        merge=("A1:G1", "A2:G2", "E3:F3", "A3:A4", "B3:B4", "C3:C4", "D3:D4", "G3:G4", "B6:B7", "A5:G5"),
    )
    sheet = read(path)
    prices = [
        (one.platform, one.basis, one.billing, round(one.unit_price * 1.06), one.least_months, one.most_months) for one in sheet.prices
    ]
    assert prices == [
        ("nvidia-h20-96gb", "node", "month", 55000, 1, 11),
        ("nvidia-h20-96gb", "node", "month", 50000, 12, None),
        ("nvidia-h20-96gb", "node", "month", 58000, 1, 11),
        ("ascend-910b2", "node", "month", 32000, 1, 11),
        ("ascend-910b2", "node", "month", 29000, 12, None),
    ]
    assert {(one.tax_included, one.tax_rate, one.currency, one.cards_per_node) for one in sheet.prices} == {(True, 0.06, "CNY", 8)}
    assert sheet.prices[0].written_price == 55000
    assert sheet.rows == 3 and ("报价!F7", "on_request") in codes(sheet, "error")
    skipped = {one.where: one.why.code for one in sheet.skipped}
    assert skipped["报价!A1"] == "prices.title" and skipped["报价!A8"] == "prices.note" and skipped["报价!A10"] == "prices.total_row"
    assert skipped["报价!A3"] == "prices.column_unknown"
    merged = next(one for one in sheet.readings if one.price == 2 and one.field == "platform")
    assert (merged.cell, merged.value, merged.reason.code) == ("报价!B6", "nvidia-h20-96gb", "prices.merged")


@pytest.mark.parametrize(
    ("head", "cell", "basis", "billing", "price", "currency"),
    [
        ("单价（元/卡时）", 5.8, "card", "card-hour", 5.8, "CNY"),
        ("单价(元/GPU/小时)", "5.80", "card", "card-hour", 5.8, "CNY"),
        ("租金（元/月/台）", "48,000", "node", "month", 48000, "CNY"),
        ("租金（万元/台/月）", 4.8, "node", "month", 48000, "CNY"),
        ("价格", "4.8万元/台/月", "node", "month", 48000, "CNY"),
        ("价格", "￥5.8/卡时", "card", "card-hour", 5.8, "CNY"),
        ("Price (USD/GPU/hr)", 2.1, "card", "card-hour", 2.1, "USD"),
        ("Price", "$2.10/GPU-hour", "card", "card-hour", 2.1, "USD"),
        ("包年价（万元/台）", 50, "node", "year", 500000, "CNY"),
        ("单价（元/卡/天）", 120, "card", "card-hour", 5, "CNY"),
        ("单价（元/8卡/月）", 42000, "node", "month", 42000, "CNY"),
    ],
)
def test_units_in_head_and_cell(tmp_path, head, cell, basis, billing, price, currency):
    sheet = read(written(tmp_path, ["卡型", "每台卡数", head], ["H20-96GB", 8, cell]))
    only = sheet.prices[0]
    assert (only.basis, only.billing, only.unit_price, only.currency) == (basis, billing, pytest.approx(price), currency)


@pytest.mark.parametrize(
    ("title", "head", "tax", "included", "rate", "net"),
    [
        ("", "含税单价（元/卡时）", "6%", True, 0.06, 10),
        ("", "不含税单价（元/卡时）", "13%", False, 0.13, 10.6),
        ("以下价格含13%增值税", "单价（元/卡时）", "", True, 0.13, 10.6 / 1.13),
        ("", "单价(含税9%,元/卡时)", "", True, 0.09, 10.6 / 1.09),
        ("", "单价（元/卡时）", "含税6%", True, 0.06, 10),
        ("", "单价（元/卡时）", 0.06, None, 0.06, 10.6),
        ("", "含税单价（元/卡时）", "", True, None, 10.6),
        ("", "单价（元/卡时）", "", None, None, 10.6),
    ],
)
def test_tax_in_or_out(tmp_path, title, head, tax, included, rate, net):
    sheet = read(written(tmp_path, [title or "报价"], ["平台", head, "税率"], ["H20-96GB", 10.6, tax]))
    only = sheet.prices[0]
    assert (only.tax_included, only.tax_rate, only.unit_price) == (included, rate, pytest.approx(net))
    told = next(one for one in sheet.readings if one.field == "tax_rate")
    assert (told.certainty == "sure") == (included is not None and (rate is not None or not included))


def test_a_rate_that_no_law_knows_is_doubted(tmp_path):
    sheet = read(written(tmp_path, ["平台", "不含税单价（元/卡时）", "税率"], ["H20-96GB", 5, "8%"], ["910B2", 4, "6%"]))
    assert ("报价!C2", "odd_tax") in codes(sheet, "doubt") and len(sheet.prices) == 2


@pytest.mark.parametrize(
    ("cell", "code"),
    [("1.8-2.2", "amount_range"), ("约2", "amount_about"), ("2起", "amount_from"), ("2元/卡时起", "bad_price")],
)
def test_a_price_that_is_not_firm_is_marked(tmp_path, cell, code):
    sheet = read(written(tmp_path, ["平台", "单价（元/卡时）"], ["H20-96GB", cell], ["910B2", 4]))
    assert ("报价!B2", code) in codes(sheet)
    doubtful = [one for one in sheet.prices if one.doubts]
    assert len(doubtful) == (code != "bad_price") and len(sheet.prices) == 1 + len(doubtful)


def test_tiers_by_volume_and_term_are_prices_with_conditions(tmp_path):
    rows = [
        ["平台", "计费方式", "单卡/整机", "单价", "卡数区间", "租期", "折扣"],
        ["H20-96GB", "月", "单卡", 5000, "1-63卡", "≥1个月", ""],
        ["H20-96GB", "月", "单卡", 4500, "≥64卡", "12个月以上", "9折"],
        ["910B2", "月", "单卡", 3000, "", "", "64卡以上9折;128卡以上85折"],
        ["910B2", "月", "单卡", 3000, "很多卡", "", ""],
    ]
    sheet = read(written(tmp_path, *rows))
    found = [(one.unit_price * one.discount, one.least_cards, one.most_cards, one.least_months) for one in sheet.prices]
    assert found == [(5000, 1, 63, 1), (4050, 64, None, 12), (3000, None, None, None), (2700, 64, None, None), (2550, 128, None, None)]
    assert codes(sheet, "error") == {("报价!E5", "bad_condition")}


@pytest.mark.parametrize(
    ("made", "until", "expected"),
    [
        ("2026-11-20", "2026.12.31", datetime.date(2026, 12, 31)),
        ("2026/11/20", "2026年11月", datetime.date(2026, 11, 30)),
        ("2026年11月20日", "30天", datetime.date(2026, 12, 20)),
        (datetime.datetime(2026, 11, 20), "1个月", datetime.date(2026, 12, 20)),
        ("20261120", datetime.date(2026, 12, 1), datetime.date(2026, 12, 1)),
        (46346, "至2026年12月31日", datetime.date(2026, 12, 31)),
        ("2026-11-20", "长期有效", None),
    ],
)
def test_dates_in_many_forms(tmp_path, made, until, expected):
    only = read(written(tmp_path, ["平台", "单价（元/卡时）", "价格日期", "有效期"], ["H20-96GB", 5, made, until])).prices[0]
    assert (only.price_date, only.valid_until) == (datetime.date(2026, 11, 20), expected)


def test_a_date_that_has_two_meanings_is_none(tmp_path):
    sheet = read(written(tmp_path, ["平台", "单价（元/卡时）", "有效期"], ["H20-96GB", 5, "11/12/2026"], ["910B2", 4, "30天"]))
    assert codes(sheet, "error") == {("报价!C2", "bad_cell")}
    assert ("报价!C3", "validity_needs_date") in codes(sheet, "doubt") and sheet.prices[0].valid_until is None


def test_several_sheets_each_with_its_own_heads_and_hidden_ones(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "汇总"
    book.active.append(["平台", "单价（元/卡时）"])
    book.active.append(["H20-96GB", 1])
    for title, head, state in (
        ("英伟达", "单价（元/卡时）", "visible"),
        ("USD", "Price (USD/GPU/hr)", "visible"),
        ("底价", "单价（元/卡时）", "hidden"),
    ):
        one = book.create_sheet(title)
        one.append(["备注", "平台", head] if title == "USD" else ["平台", head])
        one.append(["x", "H20-96GB", 2] if title == "USD" else ["H20-96GB", 2])
        one.append(["x", "910B2", 3] if title == "USD" else ["910B2", 3])
        one.sheet_state = state
    book["英伟达"].row_dimensions[3].hidden = True
    book.create_sheet("联系人").append(["张三", 123])
    path = tmp_path / "p.xlsx"
    book.save(path)
    sheet = read(path)
    assert [(one.cell, one.currency) for one in sheet.prices] == [("英伟达!A2", "CNY"), ("USD!B2", "USD"), ("USD!B3", "USD")]
    why = {one.where: one.why.code for one in sheet.skipped if not one.text}
    assert why["汇总"] == "prices.sheet_summary" and why["底价"] == "prices.sheet_hidden" and why["联系人"] == "prices.sheet_without_heads"
    assert ("英伟达!A3", "rows_hidden") in codes(sheet, "doubt")
    asked = read(path, PriceMapping(sheet.mapping.heads, hidden=True))
    assert len(asked.prices) > len(sheet.prices)


def test_a_remembered_mapping_names_columns_platforms_and_what_is_left_open(tmp_path):
    path = written(tmp_path, ["卡型", "出租口径", "价格"], ["沐曦 C500", 128, 5.0])
    bare = read(path)
    assert not bare.prices and {code for _, code in codes(bare)} == {"ambiguous"}
    said = PriceMapping(
        bare.mapping.heads, {"出租口径": "available_cards"}, {"沐曦 C500": pipeline.catalogue().match("沐曦 C500").platforms[0]},
        {"billing": "card-hour", "basis": "card", "currency": "CNY", "tax_included": "yes", "tax_rate": "6%"},
    )  # fmt: skip
    only = read(path, said).prices[0]
    assert (only.available_cards, only.billing, only.tax_included, only.unit_price) == (128, "card-hour", True, pytest.approx(5 / 1.06))
    assert not read(path, PriceMapping(("else",), names=said.names)).prices, "a mapping of other heads is not used"


def test_formulas_use_what_is_stored_and_say_so(tmp_path):
    path = tmp_path / "p.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("报价")
        page.write_row(0, 0, ["平台", "单价（元/卡时）"])
        page.write_row(1, 0, ["H20-96GB"])
        page.write_formula(1, 1, "=2*3", value=6)
        page.write_row(2, 0, ["910B2"])
        page.write_formula(2, 1, "=2*3", value="")
        page.write_row(3, 0, ["A800-SXM4-80GB"])
        page.write_formula(3, 1, "=1/0", value="#DIV/0!")
        page.write_row(4, 0, ["910B2", "=SUM(1)"])
        page.write_string(4, 1, "=cmd|x")
    sheet = read(path)
    assert [one.unit_price for one in sheet.prices] == [6]
    assert codes(sheet, "error") == {("报价!B3", "no_stored_value"), ("报价!B4", "error_value"), ("报价!B5", "bad_price")}
    assert next(one for one in sheet.readings if one.field == "unit_price").reason.code == "prices.computed"


def test_the_number_format_tells_the_currency(tmp_path):
    path = tmp_path / "p.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("a")
        page.write_row(0, 0, ["platform", "billing", "unit price"])
        page.write_row(1, 0, ["H20-96GB", "card-hour"])
        page.write_number(1, 2, 2.1, book.add_format({"num_format": '"$"#,##0.00'}))
    assert [one.currency for one in read(path).prices] == ["USD"]


def test_the_same_offer_twice(tmp_path):
    sheet = read(written(tmp_path, ["平台", "单价（元/卡时）"], ["H20-96GB", 5], ["H20-96GB", 6], ["H20-96GB", 5]))
    assert codes(sheet, "doubt") >= {("报价!B3", "contradicts"), ("报价!B4", "twice")} and len(sheet.prices) == 3


def test_net_goes_before_gross_and_asked_before_listed(tmp_path):
    heads = ["平台", "目录价（元/卡时）", "折后价（元/卡时）", "折扣"]
    sheet = read(written(tmp_path, heads, ["H20-96GB", 10, 8, "8折"]))
    assert [(one.unit_price, one.discount) for one in sheet.prices] == [(8, 1)] and ("报价!D2", "discount_in_price") in codes(sheet)
    sheet = read(written(tmp_path, ["平台", "含税单价（元/卡时）", "不含税单价（元/卡时）", "税率"], ["H20-96GB", 10.6, 10, "6%"]))
    assert [(one.unit_price, one.tax_included) for one in sheet.prices] == [(10, False)]


def test_heads_that_come_again_and_blank_rows(tmp_path):
    rows = [["平台", "单价（元/卡时）"], ["H20-96GB", 5], [], ["型号", "计费", "单价", "单卡/整机"], ["910B2", "月", 3000, "单卡"]]
    assert [(one.cell, one.billing) for one in read(written(tmp_path, *rows)).prices] == [("报价!A2", "card-hour"), ("报价!A5", "month")]


@pytest.mark.parametrize(
    ("rows", "code", "cell"),
    [
        ([["平台", "单价"], ["H20-96GB", 5]], "billing_needed", "报价!B2"),
        ([["平台", "计费方式", "单价"], ["H20-96GB", "月", 5]], "basis_needed", "报价!A2"),
        ([["平台", "计费方式", "单价（元/卡时）"], ["H20-96GB", "月", 5]], "units_contradict", "报价!B2"),
        ([["平台", "币种", "单价（USD/卡时）"], ["H20-96GB", "EUR", 5]], "currency_contradicts", "报价!B2"),
        ([["平台", "单价（元/台/月）"], ["H20-96GB", 5]], "cards_needed", "报价!A2"),
        ([["平台", "单价（元/卡时）"], ["", 5]], "no_platform", "报价!A2"),
        ([["平台", "单价（元/卡时）"], ["910B2", -5]], "bad_price", "报价!B2"),
    ],
)
def test_what_is_not_said_is_not_guessed(tmp_path, rows, code, cell):
    sheet = read(written(tmp_path, *rows))
    assert not sheet.prices and (cell, code) in codes(sheet, "error")


# Hostile workbooks ------------------------------------------------------------------------------------------------------------------


def tampered(tmp_path, change):
    path = written(tmp_path, ["平台", "单价（元/卡时）"], ["H20-96GB", 5])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    path.write_bytes(made.getvalue())
    return path


SHEET, RELS = "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"
ROW = b'<row r="3"><c r="%s"><f>%s</f><v>1</v></c></row></sheetData>'
REL = b'<Relationship Id="rId9" TargetMode="External" Type="x/externalLinkPath" Target="x.xlsx"/></Relationships>'


def formula(place, text):
    return lambda parts: parts.update({SHEET: parts[SHEET].replace(b"</sheetData>", ROW % (place, text))})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda parts: parts.update({"xl/media/zero.xml": b"\0" * (40 * 2**20)}), "bomb"),
        (lambda parts: parts.update({"xl/vbaProject.bin": b"x"}), "macros"),
        (lambda parts: parts.update({"xl/embeddings/oleObject1.bin": b"x"}), "embedded"),
        (lambda parts: parts.update({"xl/externalLinks/externalLink1.xml": b"<x/>"}), "external_links"),
        (lambda parts: parts.update({"xl/connections.xml": b"<x/>"}), "external_links"),
        (lambda parts: parts.update({RELS: parts[RELS].replace(b"</Relationships>", REL)}), "external_links"),
        (lambda parts: parts.update({SHEET: b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + parts[SHEET]}), "entities"),
        (lambda parts: parts.update({SHEET: parts[SHEET].replace(b'r="B2"', b'r="XFD1048576"')}), "too_far"),
        (formula(b"C3", b"cmd|'/c calc'!A0"), "calls_out"),
        (formula(b"C3", b"WEBSERVICE(&quot;http://x&quot;)"), "calls_out"),
        (formula(b"C3", b"[1]Sheet1!A1"), "calls_out"),
        (lambda parts: parts.update({SHEET: b"<worksheet"}), "not_a_workbook"),
        (lambda parts: parts.pop("xl/workbook.xml"), "not_a_workbook"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_hostile_workbooks_are_refused_by_name(tmp_path, change, code):
    with pytest.raises(EngineError) as error:
        read(tampered(tmp_path, change))
    assert error.value.message.code == f"prices.{code}"
    assert all(has_entry(f"prices.{code}", lang) for lang in LANGUAGES)


def test_a_formula_for_a_head_is_refused(tmp_path):
    path = tmp_path / "p.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("报价")
        page.write_row(0, 0, ["平台"])
        page.write_formula(0, 1, '="单价（元/卡时）"', value="单价（元/卡时）")
        page.write_row(1, 0, ["H20-96GB", 5])
    with pytest.raises(EngineError) as error:
        read(path)
    assert error.value.message.code == "prices.formula_in_head" and error.value.place == "报价!B1"


def test_a_claimed_dimension_and_links_in_cells_do_no_harm(tmp_path):
    def change(parts):
        parts[SHEET] = parts[SHEET].replace(b'<dimension ref="A1:B2"', b'<dimension ref="A1:XFD1048576"')
        parts["xl/worksheets/_rels/sheet1.xml.rels"] = (
            b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            b'<Relationship Id="rId1" TargetMode="External" '
            b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="mailto:a@b.c"/></Relationships>'
        )

    assert len(read(tampered(tmp_path, change)).prices) == 1
