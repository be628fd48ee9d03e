"""Which tables a database has: an empty one is given ours, an older gradebook is brought up to date, others refused."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from autograder.errors import GradebookError
from autograder.gradebook.tables import REVISION, VERSION_TABLE
from autograder.versions import kit_version

MIGRATIONS = Path(__file__).parent / "migrations"


def revision(connection: Connection, place: str) -> str:
    """Return the last step that the database has had: `REVISION` when it is current, "" when it is empty.

    Args:
        place: the database's name, for messages.

    Raises:
        GradebookError: when its tables are of a newer kit or of another program.
    """
    if not inspect(connection).has_table(VERSION_TABLE):
        strangers = sorted(inspect(connection).get_table_names())
        if strangers:
            some = ", ".join(repr(name) for name in strangers[:3])
            raise GradebookError(
                f"{place}: no gradebook, but tables of another program ({some}). Name an empty database, or a file "
                "that is not there yet."
            )
        return ""
    found = str(connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() or "")
    if _number(found) > _number(REVISION):
        raise GradebookError(
            f"{place}: a newer kit made it. Its tables are of version {found}, and this kit, {kit_version()}, knows "
            f"them up to {REVISION}. Nothing was changed; update the kit."
        )
    return found


def upgrade(connection: Connection, migrations: Path = MIGRATIONS) -> None:
    """Run the steps that are missing, in the transaction that is open on the connection: all of them or none.

    Args:
        migrations: folder of the Alembic environment.
    """
    # Alembic takes as long to import as the rest of a command: only who needs a step pays for it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _number(revision: str) -> int:
    digits = revision.removeprefix("v")
    return int(digits) if digits.isdecimal() else 1 << 30
