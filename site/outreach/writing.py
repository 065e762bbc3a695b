"""Generated folders: write what changed, leave what did not, remove what is no longer made.

MkDocs and the file watcher look at modification times, so an unchanged file keeps its own.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from outreach.errors import OutreachError


@dataclass(slots=True)
class Output:
    """A generated folder, complete once `finish` has run; until then the old files stay in place."""

    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)

    def add(self, name: str, content: str | bytes) -> None:
        """Plan to hold `content` (text as UTF-8) at `name`, a relative path with forward slashes."""
        if name.startswith("/") or ".." in name.split("/"):
            raise OutreachError(f"expected a path inside {self.folder.name}/, found {name!r}")
        if name in self.files:
            raise OutreachError(f"expected one writer of {self.folder.name}/{name}, found two")
        self.files[name] = content.encode() if isinstance(content, str) else content

    def finish(self) -> int:
        """Make the folder hold exactly the planned files; return how many were written."""
        wanted = {self.folder / name: content for name, content in self.files.items()}
        written = 0
        for path, content in wanted.items():
            if path.is_file() and path.read_bytes() == content:
                continue
            write_whole(path, content)
            written += 1
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in wanted:
                path.unlink()
        return written


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path` through a neighbouring temporary file, so that nobody sees half of it.

    On failure, a full disk for one, nothing is left behind: no part of a file, and no folder made for it.
    """
    made = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".writing-{uuid4().hex}"
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise
