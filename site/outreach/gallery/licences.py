"""Licences whose text must lie beside every copy of what they cover: here, beside pictures and samples."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outreach.reading import Document, Problem

LICENCE_FILE = "LICENSE.txt"
MAX_LICENCE_BYTES = 64 * 1024
# SPDX ids of licences that ask for their text, or their copyright lines, with each copy. Creative Commons
# licences are content with the credit and the link that the page shows.
NOTICE = re.compile(
    r"MIT|MIT-CMU|X11|ISC|NCSA|HPND|PSF-2\.0|Python-2\.0|BSL-1\.0|Artistic-\S+|BSD-\S+|Apache-\S+"
    r"|[AL]?GPL-\S+|MPL-\S+|EPL-\S+|EUPL-\S+|OFL-\S+|CECILL-\S+"
)


def demanding(expression: str) -> str | None:
    """Return the first licence in the SPDX `expression` that demands its text beside copies, if any does."""
    words = re.findall(r"[A-Za-z0-9.+-]+", expression)
    return next((word for word in words if NOTICE.fullmatch(word)), None)


def licence_text_lies_beside(document: Document, folder: Path) -> Iterator[Problem]:
    """Check that the licence's text is there where a licence demands it, and is a text."""
    name = document.data.get("licence_file")
    if name is None:
        for path, expression in _licences(document.data):
            licence = demanding(expression)
            if licence:
                fix = f"copy it from the source into {LICENCE_FILE} and add 'licence_file: {LICENCE_FILE}'"
                message = f"expected the text of {licence}, which it demands beside copies; found none; {fix}"
                yield document.problem(path, message)
                return
    elif name == LICENCE_FILE:
        mistake = _text_mistake(folder / name)
        if mistake:
            yield document.problem(("licence_file",), mistake)


def _licences(data: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    # Only what lies in the folder is copied: a tool that is merely linked needs no text here.
    picture = data.get("picture")
    if isinstance(picture, dict) and isinstance(picture.get("licence"), str):
        yield ("picture", "licence"), picture["licence"]
    if data.get("sample") and isinstance(data.get("licence"), str):
        yield ("licence",), data["licence"]


def _text_mistake(path: Path) -> str | None:
    if path.is_symlink() or not path.is_file():
        return f"expected the file {path.name} in the folder, found none; copy it from the source"
    size = path.stat().st_size
    if size > MAX_LICENCE_BYTES:
        return f"expected at most {MAX_LICENCE_BYTES:,} bytes, found {size:,}; keep the licence alone"
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return "expected text as UTF-8, found other bytes; save it as UTF-8"
    if not text.strip() or "\0" in text:
        return "expected the text of the licence, found none; copy it from the source"
    return None
