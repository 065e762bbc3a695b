"""Names that every file system takes: what is published is cloned on Windows and on macOS too.

Source: https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file.
"""

import re
import unicodedata

# Under the longest that Windows takes by default, 260, with room for the folder of the checkout.
MAX_PATH = 200
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
# Windows opens the device of that name, whatever the folder and the ending.
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))]
)


def is_device(name: str) -> bool:
    """Return whether Windows takes the name of a file or folder for that of a device."""
    return name.partition(".")[0].rstrip(" ").casefold() in DEVICES


def mistake_in(path: str) -> str | None:
    """Return what keeps `path`, relative and with forward slashes, from being one everywhere, or None.

    Written to stand behind "found": "':' in 'a:b'".
    """
    for name in path.split("/"):
        found = FORBIDDEN.search(name)
        if found:
            return f"{found[0]!r} in {name!r}"
        if name.endswith((".", " ")) and name not in (".", ".."):
            return f"{name!r}, which ends in {name[-1]!r}"
        if is_device(name):
            return f"{name!r}, the name of a device on Windows"
    if not path.isprintable():
        return f"{path!r}, with characters that do not show"
    return f"one of {len(path)} characters: {path!r}" if len(path) > MAX_PATH else None


def same_everywhere(path: str) -> str:
    """Return what `path` is to file systems that know no case, or one form of an accented letter only."""
    return unicodedata.normalize("NFKC", path).casefold()
