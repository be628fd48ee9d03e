"""Rubrics, the marks that people give written answers by them, and comments kept for the next answer."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "v2"
down_revision = "v1"

KEYS = {
    "rubrics": "assignment, question",
    "answer_marks": "assignment, sha256, question",
    "snippets": "assignment, question, text",
}
REFUSAL = "the gradebook is only ever added to"


def upgrade() -> None:
    _numbered(
        "rubrics",
        *(_words(name) for name in ("assignment", "question")),
        sa.Column("points", sa.Float(53), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
    )
    op.create_index("rubrics_assignment_question_idx", "rubrics", ["assignment", "question"])
    _numbered(
        "answer_marks",
        *(_words(name) for name in ("assignment", "sha256", "question")),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("adjustment", sa.Float(53), nullable=False),
        _words("comment"),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sqlite_autoincrement=True,
    )
    columns = ["assignment", "sha256", "question"]
    op.create_index("answer_marks_assignment_sha256_question_idx", "answer_marks", columns)
    _numbered(
        "snippets",
        *(_words(name) for name in ("assignment", "question", "text")),
        sa.Column("active", sa.Boolean(), nullable=False),
    )
    op.create_index("snippets_assignment_question_idx", "snippets", ["assignment", "question"])
    for name, keys in KEYS.items():
        op.execute(
            f"CREATE VIEW current_{name} AS SELECT r.*, e.at, e.author FROM {name} r JOIN entries e "
            f"ON e.id = r.entry_id WHERE r.id IN (SELECT max(id) FROM {name} GROUP BY {keys})"
        )
        _let_only_be_added_to(name)


def _numbered(name: str, *columns: "sa.Column[Any]", **options: Any) -> None:
    key = sa.ForeignKey("entries.id", name=f"{name}_entry_id_fkey")
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), key, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"{name}_pkey"),
        **options,
    )


def _words(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _let_only_be_added_to(name: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        for trigger, deed, each in (
            ("append_only", "UPDATE OR DELETE", "ROW"),
            ("no_truncate", "TRUNCATE", "STATEMENT"),
        ):
            op.execute(
                f"CREATE TRIGGER {name}_{trigger} BEFORE {deed} ON {name} "
                f"FOR EACH {each} EXECUTE FUNCTION gradebook_refuse()"
            )
        return
    for deed in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {name}_no_{deed.lower()} BEFORE {deed} ON {name} "
            f"WHEN NOT EXISTS (SELECT 1 FROM erasing) BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
    op.execute(
        f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} "
        f"WHEN EXISTS (SELECT 1 FROM {name} WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )
