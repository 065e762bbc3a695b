"""`outreach gallery preview`: one entry's page, as the site will show it, without building the site.

The page stands alone in build/preview/NAME/index.html, with the site's own style sheets beside it: a file
to open, or to serve. Nothing of MkDocs is needed.
"""

import functools
import re
import webbrowser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, override

import click

from outreach.bundle import FACE
from outreach.console import progress
from outreach.errors import OutreachError
from outreach.gallery.cards import make_card
from outreach.gallery.check import check_gallery
from outreach.gallery.entries import Entry
from outreach.gallery.entry_page import entry_page
from outreach.gallery.freshness.snapshot import load_freshness
from outreach.gallery.images import Variant, make_variants
from outreach.gallery.index_page import card_html
from outreach.gallery.samples import SampleFacts, read_samples, sample_files
from outreach.html import escape
from outreach.paths import Project
from outreach.reading import ProblemsError
from outreach.serving import address_of, reserve
from outreach.writing import Output

STYLES = ("tokens", "base", "chrome", "content", "gallery")
# What Material sets and the style sheets of the site build upon.
GROUND = """\
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: none; }
body { margin: 0; font-family: var(--text); }
main { max-width: 76rem; margin: 0 auto; padding: 1.2rem var(--edge) 3rem; }
img, svg { height: auto; max-width: 100%; }
ul { padding: 0; }
pre { overflow: auto; }
pre > code { display: block; width: max-content; min-width: 100%; }
code { font-family: var(--mono); }
[dir] .md-typeset ul.bz-gallery.bz-preview-list:not([hidden]) {
  --columns: 1; width: min(100%, 20rem); margin: 0 0 1rem;
}
.bz-preview-note {
  margin: 0; padding: .4rem var(--edge); font-size: .68rem; border-bottom: 1px solid var(--hairline);
}
.bz-preview-card img { display: block; width: min(100%, 30rem); }
"""


def write_preview(project: Project, folder: Path) -> Path:
    """Write the preview of the entry in `folder`, and return its page.

    Raises
    ------
    ProblemsError
        If anything is wrong with the entry; what the preview showed before stays then.
    """
    checked = check_gallery(project, [folder])
    if checked.problems:
        raise ProblemsError(checked.problems)
    (entry,) = checked.entries
    cache = project.root / "build" / "cache" / "pictures"
    variants = make_variants(folder / entry.picture.file, cache) if entry.picture else None
    card, picture = make_card(entry, cache)
    fresh = load_freshness(project)
    page = entry_page(entry, variants, _sample(project, entry), (None, None), (), card, fresh)
    output = Output(project.root / "build" / "preview" / entry.slug)
    output.add("index.html", preview_html(entry, page, variants, card))
    output.add(card, picture)
    for variant in variants or ():
        output.add(variant.name, variant.content)
    if entry.sample:
        for name, content in sample_files(folder / entry.sample.path).items():
            output.add(f"{entry.sample.path}/{name}", content)
    if entry.licence_file:
        output.add(entry.licence_file, (folder / entry.licence_file).read_bytes())
    _add_styles(project, output)
    output.finish()
    return output.folder / "index.html"


def _add_styles(project: Project, output: Output) -> None:
    # The heading face is there once the site was built; until then headings are in the system's.
    face = project.pages / "assets" / "generated" / "fonts" / FACE
    if face.is_file():
        output.add(f"assets/generated/fonts/{FACE}", face.read_bytes())
    for name in STYLES:
        style = (project.browser / "styles" / f"{name}.css").read_text("utf-8")
        if not face.is_file():
            style = re.sub(r"@font-face \{.*?\}\n", "", style, flags=re.DOTALL)
        output.add(f"assets/generated/{name}.css", style)


def _sample(project: Project, entry: Entry) -> SampleFacts | None:
    try:
        return read_samples(project, [entry]).get(entry.slug)
    except ProblemsError:
        raise
    except OutreachError:
        # The light lane has no zarr; the check has compared the metadata without it.
        progress.print("without zarr the preview leaves the section about the sample out: run uv sync")
        return None


def preview_html(entry: Entry, page: str, variants: tuple[Variant, ...] | None, card: str) -> str:
    """Return the whole HTML of a preview; `page` is the Markdown file that the site would be built from."""
    body = re.sub(r"\A---\n.*?\n---\n", "", page, flags=re.DOTALL)
    styles = "".join(f'<link rel="stylesheet" href="assets/generated/{name}.css">' for name in STYLES)
    in_list = card_html(entry, variants, eager=True, folder="")
    return f"""<!doctype html>
<html lang="en" dir="ltr" class="no-js">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Preview: {escape(entry.title)}</title>
<link rel="icon" href="data:,">
{styles}
<style>{GROUND}</style>
</head>
<body data-md-color-scheme="default">
<header class="bz-preview-note">A preview of one page: links to other pages of the site lead nowhere here, and
nothing of it is published.</header>
<main class="md-typeset">
{body}
<section aria-labelledby="in-list">
<h2 id="in-list">In the list, and where its address is shared</h2>
<ul class="bz-gallery bz-preview-list"><li hidden></li>{in_list}</ul>
<p class="bz-preview-card">
<img src="{card}" alt="The card that shows with a shared address" width="1200" height="630"></p>
</section>
</main>
</body>
</html>
"""


class _Quiet(SimpleHTTPRequestHandler):
    """Files of a preview, asked for again each time: the next preview changes them."""

    @override
    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    @override
    def log_message(self, format: str, *args: Any) -> None:
        pass


def preview_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of `folder` for this machine alone, on `port` or, with 0, a free one.

    Raises
    ------
    OutreachError
        If the port is in use.
    """
    sock = reserve("127.0.0.1", port)
    handler = functools.partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(sock.getsockname(), handler, bind_and_activate=False)
    server.socket.close()
    server.socket = sock
    return server


@click.command()
@click.argument("entry", metavar="NAME")
@click.option("--serve", is_flag=True, help="Serve it and print its address, until Ctrl+C.")
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="0: a free one.")
@click.option("--open", "show", is_flag=True, help="Open it in a browser.")
def preview(entry: str, *, serve: bool, port: int, show: bool) -> None:
    """Show the page of the entry NAME, a folder of gallery_data, without building the site.

    \b
    Examples:
      outreach gallery preview blue-marble-globe
      outreach gallery preview gallery_data/blue-marble-globe --open
      outreach gallery preview blue-marble-globe --serve
    """
    project = Project.find()
    folder = project.gallery_data / Path(entry).name
    if folder.name == ".." or folder == project.gallery_data or not folder.is_dir():
        raise OutreachError(
            f"expected the name of an entry, found {entry!r}; outreach gallery list has all names"
        )
    page = write_preview(project, folder)
    if not serve:
        click.echo(f"wrote {project.relative(page)}; open {page.as_uri()}")
        if show:
            webbrowser.open(page.as_uri())
        return
    with preview_server(page.parent, port) as server:
        address = address_of(server.socket, "127.0.0.1", "/")
        click.echo(f"the preview is at {address} (stop with Ctrl+C)")
        if show:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            progress.print("stopped")
