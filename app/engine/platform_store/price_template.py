"""An empty price sheet to fill in: heads in both languages, lists to choose from."""

from pathlib import Path

from app.engine.messages import Message, render
from app.engine.paths import replacing
from app.engine.platform_store.price_columns import COLUMNS

CHOICES = {"basis": '"单卡,整机"', "billing": '"卡时,机时,月,年,购买"', "currency": '"CNY,USD,EUR"'}
ROWS_TO_FILL = 500


def write_price_template(path: Path, lang: str) -> None:
    """Write the template. Raises OSError as the file system does; no partial file is left."""
    import openpyxl
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "价格" if lang == "zh" else "Prices"
    sheet.append([render(Message("prices.template_hint"), lang)])
    sheet.append([f"{zh} {name.replace('_', ' ')}" for name, (zh, _) in COLUMNS.items()])
    for cell in sheet[2]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DCE7F0")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for index, name in enumerate(COLUMNS, 1):
        letter = get_column_letter(index)
        sheet.column_dimensions[letter].width = 18
        if name in CHOICES:
            rule = DataValidation(type="list", formula1=CHOICES[name], allow_blank=True)
            sheet.add_data_validation(rule)
            rule.add(f"{letter}3:{letter}{ROWS_TO_FILL}")
    sheet.freeze_panes = "A3"
    with replacing(path) as temporary:
        workbook.save(temporary)
