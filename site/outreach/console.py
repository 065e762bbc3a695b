"""What a person sees while a command works: one line per step on stderr, data alone on stdout."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

progress = Console(stderr=True, highlight=False)


@contextmanager
def step(title: str) -> Iterator[list[str]]:
    """Print `title`, what the body appends to the list, and the seconds it took, once the body is through."""
    remarks: list[str] = []
    start = time.perf_counter()
    with progress.status(title) if progress.is_terminal else _nothing():
        yield remarks
    seconds = time.perf_counter() - start
    detail = ", ".join(remarks)
    progress.print(
        f"  {title:<22} {detail}{'  ' if detail else ''}[dim]{seconds:.1f} s[/dim]", soft_wrap=True
    )


@contextmanager
def _nothing() -> Iterator[None]:
    yield
