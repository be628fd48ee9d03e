"""Which kit this is: its version and a hash of its sources."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path


@cache
def kit_version() -> str:
    """Return the kit's version and a hash of its sources: grades are comparable under the same one."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{version('autograder')}+{digest.hexdigest()[:12]}"
