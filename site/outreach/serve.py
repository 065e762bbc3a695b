"""`outreach serve`: build the site, serve it, build again when something changes."""

import importlib
import threading
import webbrowser
from collections.abc import Iterable
from pathlib import Path

import click
from rich.markup import escape

from outreach.build import build_site
from outreach.console import progress
from outreach.errors import OutreachError, explained
from outreach.paths import Project
from outreach.serving import address_of, reserve, site_app

# A change of these folders is our own doing.
MADE = ("gallery", "sprints", "benchmarks", "assets/generated")
QUIET_MS = 300  # changes closer together than this are one change


def is_source(project: Project, path: Path) -> bool:
    """Say whether a change of `path` is a reason to build again."""
    ignored = [project.pages / name for name in MADE]
    ignored += [project.theme / "generated", project.browser / "node_modules"]
    if any(path.is_relative_to(folder) for folder in ignored):
        return False
    return "__pycache__" not in path.parts and not path.name.startswith((".writing-", ".#", "#"))


def watched(project: Project) -> list[Path]:
    """Return the folders and files whose changes matter."""
    wanted = (
        project.gallery_data,
        project.sprint_issues,
        project.results,
        project.pages,
        project.theme,
        project.browser,
        project.root / "zarr_partial",
        project.root / "mkdocs.yml",
    )
    return [path for path in wanted if path.exists()]


def rebuild(project: Project, site_url: str, changed: Iterable[str]) -> bool:
    """Build again because of `changed`; on failure print the problems and keep the last good site."""
    names = sorted({project.relative(Path(name)) for name in changed})
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    progress.print(f"changed: {escape(shown)}", soft_wrap=True)
    try:
        build_site(project, site_url=site_url)
    except (OutreachError, OSError) as error:
        progress.print(f"[bold red]error:[/bold red] {escape(explained(error))}", soft_wrap=True)
    except Exception:
        # A fault of ours in one rebuild must not end the watching: the next change may mend it.
        progress.print_exception()
    else:
        return True
    progress.print("still serving the last good site")
    return False


def _watch(project: Project, site_url: str, stop: threading.Event) -> None:
    from watchfiles import watch

    changes = watch(
        *watched(project),
        watch_filter=lambda _, path: is_source(project, Path(path)),
        debounce=QUIET_MS,
        stop_event=stop,
        raise_interrupt=False,
    )
    for batch in changes:
        rebuild(project, site_url, (path for _, path in batch))


def serve_site(project: Project, *, host: str, port: int, prefix: str, watch: bool, show: bool) -> None:
    """Reserve the port, build, and serve until interrupted."""
    import uvicorn

    # Whatever is missing is told now, and neither after the build nor in a thread.
    for needed in ("starlette", *(("watchfiles",) if watch else ())):
        importlib.import_module(needed)
    with reserve(host, port) as sock:
        site_url = address_of(sock, host, prefix)
        build_site(project, site_url=site_url)
        config = uvicorn.Config(site_app(project.built_site, prefix), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        stop = threading.Event()
        watcher = threading.Thread(target=_watch, args=(project, site_url, stop), daemon=True)
        if watch:
            watcher.start()
        click.echo(f"Beautiful Zarr is at {site_url} (stop with Ctrl+C)")
        if show:
            webbrowser.open(site_url)
        try:
            server.run(sockets=[sock])
        except KeyboardInterrupt:
            progress.print("stopped")
        finally:
            stop.set()


def _prefix(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    trimmed = value.strip("/")
    return f"/{trimmed}/" if trimmed else "/"


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 shows it to your network.")
@click.option("--prefix", default="/", show_default=True, callback=_prefix, help="Serve below this path.")
@click.option("--watch/--no-watch", default=True, help="Build again on change.  [default: watch]")
@click.option("--open", "show", is_flag=True, help="Open a browser.")
def serve(port: int, host: str, prefix: str, *, watch: bool, show: bool) -> None:
    """Build the site, serve it, and build it again when something changes.

    \b
    Examples:
      outreach serve
      outreach serve --port 8080 --open
      outreach serve --prefix /beautiful-zarr/ --no-watch
    """
    serve_site(Project.find(), host=host, port=port, prefix=prefix, watch=watch, show=show)
