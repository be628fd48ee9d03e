"""The store of submitted files: bytes in, a sha256 out, and back again. A file once stored is never overwritten.

A kill at any moment leaves whole files only; after `settle` they outlive a loss of power.
"""

import hashlib
import os
from pathlib import Path

from autograder.errors import AutograderError

SUFFIXES = (".ipynb", ".zip")
UNFINISHED = ".unfinished"


class SubmissionStore:
    """A folder of files named by their contents.

    Args:
        folder: of one assignment; made when the first file is added.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, data: bytes, file_name: str) -> bool:
        """Store a file, to stay, unless it is there.

        Args:
            file_name: its suffix is kept, nothing else of it.

        Returns:
            Whether it is new.

        Raises:
            OSError: when the disk is full or the like; what was stored before is still there.
            ValueError: the name ends in neither .ipynb nor .zip.
        """
        suffix = Path(file_name).suffix.lower()
        if suffix not in SUFFIXES:
            raise ValueError(f"{file_name!r} is no notebook and no zip")
        sha256 = hashlib.sha256(data).hexdigest()
        if self.find(sha256):
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f"{UNFINISHED}-{os.getpid()}"
        try:
            with open(unfinished, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self.folder / (sha256 + suffix))
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        return True

    def settle(self) -> None:
        """Make the names of all files added so far outlive a loss of power: before anything refers to them."""
        if self.folder.is_dir():
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def find(self, sha256: str) -> Path | None:
        """Return where a file lies, None when it is not stored."""
        places = (self.folder / (sha256 + suffix) for suffix in SUFFIXES)
        return next((place for place in places if place.is_file()), None)

    def read(self, sha256: str) -> bytes:
        """Return a file's bytes.

        Raises:
            AutograderError: it is not stored, or no longer what was stored.
        """
        place = self.find(sha256)
        if place is None:
            raise AutograderError(f"{self.folder}: there is no file {sha256}. Import the submissions again.")
        data = place.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise AutograderError(f"{place}: is damaged. Delete it, and import the submissions again.")
        return data

    def remove(self, sha256: str) -> bool:
        """Delete a file, for example with a student's data; say whether there was one."""
        place = self.find(sha256)
        if place is not None:
            place.unlink()
        return place is not None
