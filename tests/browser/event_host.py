"""An event of our own, served without MkDocs by a host that can go away and come back.

Its pages are generated; scripts and styles are the site's.
"""

import functools
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page

from outreach.bundle import bundle
from outreach.paths import Project
from outreach.sprints.pages import generate_sprints
from outreach.writing import Output

GOOD = Path(__file__).parents[1] / "outreach" / "sprints" / "good"
# Clocks change in Los Angeles on 10 March 2030 at 10:00 UTC, in Auckland on 6 April at 14:00 UTC, in Kolkata
# never. Each session is an hour on one side of a change.
SESSIONS = {
    "before Los Angeles": "2030-03-10T09:00:00+00:00",
    "after Los Angeles": "2030-03-10T10:00:00+00:00",
    "before Auckland": "2030-04-06T13:00:00+00:00",
    "after Auckland": "2030-04-06T14:00:00+00:00",
}
STARTS, ENDS = "2030-03-10T09:00:00+00:00", "2030-04-06T15:00:00+00:00"


class Host:
    """A static host that can go away and come back at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/sprints/spring-2030/"

    def start(self) -> None:
        class Quiet(SimpleHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                # Files are compared by whole seconds, within which these tests write them twice.
                del self.headers["If-Modified-Since"]
                # A page that is left does not wait for the rest of its files.
                with suppress(ConnectionError):
                    super().do_GET()

        self._server = ThreadingHTTPServer(
            ("127.0.0.1", self.port), functools.partial(Quiet, directory=str(self.folder))
        )
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def as_page(markdown: str) -> str:
    body = markdown.split("---\n", 2)[2]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sprint</title>'
        '<link rel="stylesheet" href="/assets/generated/site.css">'
        '<script type="module" src="/assets/generated/main.js"></script></head>'
        f'<body data-md-color-scheme="default"><div class="md-typeset">{body}</div></body></html>'
    )


def write_event(folder: Path, project: Project, **changes: Any) -> None:
    """Generate the good event with `changes` and its sessions into `folder`, as a host would serve it."""
    root = folder.parent / "checkout"
    shutil.copytree(GOOD, root / "sprint_issues", dirs_exist_ok=True)
    path = root / "sprint_issues" / "spring-2030" / "event.yaml"
    loader = yaml.SafeLoader
    data = yaml.load(path.read_text(), loader)
    hour = datetime.fromisoformat
    data |= {"starts": STARTS, "ends": ENDS, "zone": "UTC"}
    data["sessions"] = [
        {"title": title, "starts": when, "ends": hour(when).replace(minute=59).isoformat()}
        for title, when in SESSIONS.items()
    ]
    data["hosts"][0]["hours"] = [{"starts": STARTS, "ends": "2030-03-10T11:00:00+00:00"}]
    data["office_hours"] = None
    data["sources"][0]["date"] = "2030-02-01"
    path.write_text(yaml.safe_dump(data | changes, sort_keys=False))
    output = Output(folder / "sprints")
    generate_sprints(Project(root), output, site_url="https://zarr.example/")
    for name, content in output.files.items():
        target = folder / "sprints" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".md"):
            target.with_suffix(".html").write_text(as_page(content.decode()))
        else:
            target.write_bytes(content)


@pytest.fixture(scope="module")
def host(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("event") / "site"
    bundle(project)
    shutil.copytree(project.pages / "assets" / "generated", folder / "assets" / "generated")
    write_event(folder, project)
    made = Host(folder)
    made.start()
    yield made
    made.stop()


@contextmanager
def opened(browser: Browser, **options: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
    page = context.new_page()
    try:
        yield page
    finally:
        context.close()
