"""What a person sees while a command works: one line per step on stderr, data alone on stdout."""

import time
from collections.abc import Callable, Iterator
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


@contextmanager
def bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """Show how many of `total` are done and the time left, on a terminal; call what is given after each."""
    if not progress.is_terminal:
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=progress, transient=True) as shown:
        task = shown.add_task(title, total=total)
        yield lambda: shown.advance(task)
