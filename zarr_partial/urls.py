"""Addresses apart from paths: what asks a network, and what lies in the file system of this machine."""

import os
import re

__all__ = ["is_url"]

# One letter is a drive of Windows: C:\data and C://data are paths.
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def is_url(source: object) -> bool:
    """Whether `source` is text like "s3://bucket/a.zarr" or "simplecache::https://…", and no path."""
    if not isinstance(source, (str, os.PathLike)):
        return False
    text = os.fspath(source)
    return isinstance(text, str) and "://" in text and SCHEME.match(text) is not None
