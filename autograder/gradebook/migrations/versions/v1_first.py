"""The first tables, the views of what counts, and the triggers that let rows only be added."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "v1"
down_revision = None

APPEND_ONLY = (
    "entries",
    "students",
    "roster",
    "attempts",
    "attempt_students",
    "scores",
    "overrides",
    "extensions",
    "releases",
)
KEYS = {
    "roster": "student_id",
    "scores": "assignment, sha256",
    "overrides": "assignment, student_id, question",
    "extensions": "assignment, student_id",
    "releases": "assignment",
}
REFUSAL = "the gradebook is only ever added to"


def upgrade() -> None:
    _make_people()
    _make_grades()
    _make_decisions()
    op.create_table("erasing", sa.Column("reason", sa.Text(), primary_key=True))
    _make_views()
    _make_triggers()


def _numbered(name: str, *columns: "sa.Column[Any]") -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"{name}_pkey"),
    )


def _words(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _of(table: str, name: str, target: str, optional: bool = False) -> "sa.Column[Any]":
    kind: sa.types.TypeEngine[Any] = sa.Text() if target == "students" else sa.Integer()
    key = sa.ForeignKey(f"{target}.id", name=f"{table}_{name}_fkey")
    return sa.Column(name, kind, key, nullable=optional)


def _make_people() -> None:
    moment = sa.Column("at", sa.DateTime(timezone=True), nullable=False)
    _numbered("entries", _words("kind"), moment, _words("author"), _words("kit"))
    op.create_table("students", sa.Column("id", sa.Text(), primary_key=True))
    _numbered(
        "roster",
        _of("roster", "entry_id", "entries"),
        _of("roster", "student_id", "students"),
        _words("name"),
        _words("email"),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
    )
    op.create_index("roster_student_id_idx", "roster", ["student_id"])


def _make_grades() -> None:
    _numbered(
        "attempts",
        _of("attempts", "entry_id", "entries"),
        *(_words(name) for name in ("assignment", "sha256", "file_name", "system", "place")),
        sa.Column("submitted_at", sa.DateTime(timezone=True)),
        sa.Column("late", sa.Boolean()),
        sa.Column("number", sa.Integer(), nullable=False),
        _words("problem"),
        _of("attempts", "replaces", "attempts", optional=True),
    )
    op.create_index("attempts_assignment_sha256_idx", "attempts", ["assignment", "sha256"])
    op.create_index("attempts_replaces_idx", "attempts", ["replaces"])
    op.create_table(
        "attempt_students",
        _of("attempt_students", "attempt_id", "attempts"),
        _of("attempt_students", "student_id", "students"),
        sa.PrimaryKeyConstraint("attempt_id", "student_id", name="attempt_students_pkey"),
    )
    op.create_index("attempt_students_student_id_idx", "attempt_students", ["student_id"])
    _numbered(
        "scores",
        _of("scores", "entry_id", "entries"),
        *(_words(name) for name in ("assignment", "sha256", "status")),
        sa.Column("questions", sa.JSON(), nullable=False),
        *(_words(name) for name in ("note", "kit", "grader_sha256")),
    )
    op.create_index("scores_assignment_sha256_idx", "scores", ["assignment", "sha256"])


def _make_decisions() -> None:
    _numbered(
        "overrides",
        _of("overrides", "entry_id", "entries"),
        _of("overrides", "student_id", "students"),
        _words("assignment"),
        _words("question"),
        sa.Column("points", sa.Float(53)),
        sa.Column("excused", sa.Boolean(), nullable=False),
        _words("reason"),
    )
    columns = ["assignment", "student_id", "question"]
    op.create_index("overrides_assignment_student_id_question_idx", "overrides", columns)
    _numbered(
        "extensions",
        _of("extensions", "entry_id", "entries"),
        _of("extensions", "student_id", "students"),
        _words("assignment"),
        sa.Column("until", sa.DateTime(timezone=True)),
        _words("reason"),
    )
    op.create_index("extensions_assignment_student_id_idx", "extensions", ["assignment", "student_id"])
    released: sa.Column[bool] = sa.Column("released", sa.Boolean(), nullable=False)
    _numbered("releases", _of("releases", "entry_id", "entries"), _words("assignment"), released)
    op.create_index("releases_assignment_idx", "releases", ["assignment"])


def _make_views() -> None:
    said = "SELECT r.*, e.at, e.author FROM {0} r JOIN entries e ON e.id = r.entry_id "
    for name, keys in KEYS.items():
        newest = f"WHERE r.id IN (SELECT max(id) FROM {name} GROUP BY {keys})"
        op.execute(f"CREATE VIEW current_{name} AS " + said.format(name) + newest)
    newest = "WHERE NOT EXISTS (SELECT 1 FROM attempts later WHERE later.replaces = r.id)"
    op.execute("CREATE VIEW current_attempts AS " + said.format("attempts") + newest)


def _make_triggers() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in APPEND_ONLY:
            for deed in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {name}_no_{deed.lower()} BEFORE {deed} ON {name} "
                    f"WHEN NOT EXISTS (SELECT 1 FROM erasing) BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
                )
            if name != "attempt_students":  # INSERT OR REPLACE deletes behind the back of the others
                op.execute(
                    f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} "
                    f"WHEN EXISTS (SELECT 1 FROM {name} WHERE id = NEW.id) "
                    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION gradebook_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'TRUNCATE' OR NOT EXISTS (SELECT 1 FROM erasing) THEN RAISE EXCEPTION '{REFUSAL}'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    for name in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION gradebook_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION gradebook_refuse()"
        )
