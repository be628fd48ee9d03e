"""Renderers of results: `Result` values in; two tables, a record, two pages and a terminal view out, all as text.

Pure: the only files read are the package's own templates, and nothing is written.
"""

from autograder.reports.feedback import feedback_html
from autograder.reports.index import index_html
from autograder.reports.record import read_result, result_json
from autograder.reports.table import grades_csv, runs_csv
from autograder.reports.terminal import changes_table, class_summary, class_table

__all__ = [
    "changes_table",
    "class_summary",
    "class_table",
    "feedback_html",
    "grades_csv",
    "index_html",
    "read_result",
    "result_json",
    "runs_csv",
]
