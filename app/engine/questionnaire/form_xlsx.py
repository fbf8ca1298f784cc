"""The form as a workbook: one line a question, choices as lists, answers on a pale ground."""

from collections.abc import Sequence
from pathlib import Path

from app.engine.questionnaire.questions import Question, say

HEADS = ("question", "answer", "unit", "hint", "key")
WIDTHS = (22, 34, 10, 62, 30)
MOST_LIST = 250
"""Letters of a list that Excel takes in a rule itself."""


def write(path: Path, questions: Sequence[Question], lang: str) -> None:
    """Write the workbook. Raises OSError as the file system does."""
    import xlsxwriter

    font = {"font_name": "Microsoft YaHei" if lang == "zh" else "Calibri", "font_size": 10, "valign": "vcenter"}
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        made = {
            "title": book.add_format({**font, "font_size": 16, "bold": True}),
            "note": book.add_format({**font, "font_color": "#5B6670", "text_wrap": True}),
            "head": book.add_format({**font, "bold": True, "top": 2, "bottom": 1}),
            "group": book.add_format({**font, "bold": True, "font_color": "#124A78"}),
            "cell": book.add_format({**font, "text_wrap": True, "bottom": 1, "bottom_color": "#DDE1E5"}),
            "grey": book.add_format({**font, "font_size": 8, "font_color": "#5B6670", "bottom": 1, "bottom_color": "#DDE1E5"}),
            "answer": book.add_format(
                {
                    **font,
                    "bg_color": "#FFF8E5",
                    "font_color": "#124A78",
                    "num_format": "@",
                    "text_wrap": True,
                    "bottom": 1,
                    "bottom_color": "#DDE1E5",
                }
            ),
        }
        book.set_properties({"title": say("title", lang), "author": "SuanXuan"})
        sheet = book.add_worksheet(say("sheet", lang))
        sheet.hide_gridlines(2)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        sheet.write_string(0, 0, say("title", lang), made["title"])
        sheet.merge_range(1, 0, 1, 4, say("intro", lang), made["note"])
        sheet.set_row(1, 44)
        for column, head in enumerate(HEADS):
            sheet.write_string(2, column, say(f"head.{head}", lang), made["head"])
        sheet.freeze_panes(3, 1)
        sheet.repeat_rows(2)
        line, group = 3, ""
        for one in questions:
            if one.group != group:
                group = one.group
                sheet.write_string(line, 0, say(f"group.{group}", lang), made["group"])
                line += 1
            for column, text in enumerate((one.text, "", one.unit, one.hint, one.key)):
                look = "answer" if column == 1 else "grey" if column == len(HEADS) - 1 else "cell"
                if column == 1:
                    sheet.write_blank(line, column, None, made[look])
                else:
                    sheet.write_string(line, column, text, made[look])
            if one.choices and len(",".join(one.choices)) < MOST_LIST:
                rule = {"validate": "list", "source": list(one.choices), "error_type": "stop" if one.is_bound else "information"}
                sheet.data_validation(line, 1, line, 1, rule)
            line += 1
        sheet.ignore_errors({"number_stored_as_text": f"B4:B{line}"})
        sheet.print_area(0, 0, line - 1, len(HEADS) - 1)
