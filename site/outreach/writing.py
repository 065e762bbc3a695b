"""Generated folders: write what changed, leave what did not, remove what is no longer made.

MkDocs and the file watcher look at modification times, so an unchanged file keeps its own.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from outreach.errors import OutreachError
from outreach.portable import mistake_in, same_everywhere


@dataclass(slots=True)
class Output:
    """A generated folder, complete once `finish` has run; until then the old files stay in place."""

    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict, repr=False)

    def add(self, name: str, content: str | bytes) -> None:
        """Plan to hold `content` (text as UTF-8) at `name`, a relative path with forward slashes."""
        if name.startswith("/") or ".." in name.split("/"):
            raise OutreachError(f"expected a path inside {self.folder.name}/, found {name!r}")
        if name in self.files:
            raise OutreachError(f"expected one writer of {self.folder.name}/{name}, found two")
        mistake = mistake_in(name)
        if mistake:
            raise OutreachError(
                f"expected a file name in {self.folder.name}/ that every system takes, found {mistake}; "
                "rename what it comes from"
            )
        other = self._known.setdefault(same_everywhere(name), name)
        if other != name:
            raise OutreachError(
                f"expected file names in {self.folder.name}/ that differ everywhere, found {other!r} and "
                f"{name!r}, which are one on Windows or macOS; rename what one of them comes from"
            )
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
    """Write `content` to `path` as `write_together` does."""
    write_together({path: content})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write each file through a neighbouring temporary one; none gets its name before all are written.

    On failure, a full disk for one, nothing is left behind: no part of a file, and no folder made for it.

    Raises
    ------
    OSError
        Naming the file that was to be written.
    """
    made: list[Path] = []
    temporary: dict[Path, Path] = {}
    path = None
    try:
        for path, content in files.items():
            made += [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary[path] = path.parent / f".writing-{uuid4().hex}"
            temporary[path].write_bytes(content)
        for path, beside in temporary.items():
            beside.replace(path)
    except BaseException as error:
        for beside in temporary.values():
            beside.unlink(missing_ok=True)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError) and path is not None:
            # The name of the temporary file says nothing to anybody.
            error.filename, error.filename2 = str(path), None
        raise
