"""A small checkout in which every command that writes can run, and a command line for each of them."""

import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import zarr

from outreach.benches import crossover, targets
from outreach.figures.blosc_chunk import SAMPLE
from outreach.figures.layouts import CHOICES
from tests.commands.programs import ROOT
from tests.outreach.benches.test_crossover import MEASURED
from tests.outreach.benches.test_runner import TOY, TOY_MAKE
from tests.outreach.gallery.fake_web import fake_web, status
from tests.outreach.gallery.filled import filled
from tests.outreach.gallery.test_new import FLAGS
from tests.outreach.sprints.fake_github import fake_github

GALLERY = ROOT / "tests/outreach/gallery/bad/address-twice/gallery_data/north-sea-tides"
SPRINTS = ROOT / "tests/outreach/sprints/good"
EVENT = ("--slug", "rome-2030", "--title", "Zarr sprint in Rome", "--starts", "2030-04-07T09:00",
         "--ends", "2030-04-07T17:00", "--zone", "Europe/Rome", "--format", "both")  # fmt: skip
SUITE = {
    "__init__": "",
    "make": TOY_MAKE,
    "toy": TOY,
    "targets": "print('| row |')",
    "crossover": f"print({__import__('json').dumps(MEASURED)!r})",
}
# Links and stores are asked over loopback.
ON_LOOPBACK = """
import os
from outreach.gallery.freshness import cli
from outreach.gallery.freshness.asking import Client, Settings
from tests.outreach.gallery.fake_web import ToLoopback
cli.open_client = lambda **_: Client(Settings(delay=0.0), transport=ToLoopback(int(os.environ["WEB"])))
"""


def git(root, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def make_checkout(root):
    """Make a checkout: an entry, those that figures need, an event, a suite that takes no time, an array."""
    files = {
        "mkdocs.yml": "site_name: x\ndocs_dir: site/pages\nplugins: []\n",
        "form.md": filled(),
        "benchmarks/README.md": f"# Benchmarks\n\n{targets.BEGIN}\nold\n\n{targets.END}",
        "site/pages/index.md": "# Home\n",
        "site/pages/add-an-entry.md": "[web editor]: https://example.org\n",
        "site/pages/library/where-arrays-live.md": f"# Page\n\n{crossover.BEGIN}old\n{crossover.END}",
        **{f"benchmarks/suite/{name}.py": text for name, text in SUITE.items()},
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    shutil.copytree(GALLERY, root / "gallery_data/north-sea-tides")
    for drawn in sorted({SAMPLE, *(choice.sample for choice in CHOICES)}):
        entry = Path("gallery_data", drawn.partition("/")[0])
        shutil.copytree(ROOT / entry, root / entry)
    shutil.copytree(SPRINTS, root / "sprint_issues")
    shutil.copytree(ROOT / "sprint_issues/template", root / "sprint_issues/template")
    for shared in ("projects.yaml", "levels.yaml"):
        ours, theirs = (folder / "sprint_issues" / shared for folder in (root, ROOT))
        _, _, items = theirs.read_text("utf-8").partition(":\n")
        ours.write_text(f"{ours.read_text('utf-8').rstrip()}\n{items}", "utf-8")
    for name in ("asv.conf.json", "crossover.json"):
        shutil.copy(ROOT / "benchmarks" / name, root / "benchmarks")
    shutil.copytree(ROOT / "site/theme", root / "site/theme", ignore=shutil.ignore_patterns("generated"))
    (root / "site/browser").symlink_to(ROOT / "site/browser")
    data = np.arange(60, dtype="f4").reshape(10, 6)
    zarr.create_array(root / "cells.zarr", data=data, chunks=(5, 6), compressors=None, zarr_format=2)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "one")
    return root


@contextmanager
def hosts():
    """Answer for the hosts that commands ask; give the variables by which they are found."""
    with fake_github() as github, fake_web() as web:
        github.issue("example/array-tools", 12, labels=["documentation"])
        github.issue("example/array-tools", 7, state="closed", closed_at="2030-01-02T00:00:00Z")
        for url in ("https://example.org/tides", "https://www.example.org/tides", "https://example.org/"):
            web.says(url, status(200))
        yield {"GITHUB_API_URL": github.url, "GITHUB_TOKEN": "", "GH_TOKEN": "", "WEB": str(web.port)}


@dataclass(frozen=True)
class Writer:
    """A command line that writes.

    Attributes
    ----------
    command
        The command in its groups.
    arguments
        What follows it.
    before
        What its process runs first.
    made
        Something that it makes, or changes.
    """

    command: str
    made: str
    arguments: tuple[str, ...] = field(default=())
    before: str = ""

    @property
    def words(self):
        return (*self.command.split(), *self.arguments)

    def __str__(self):
        return f"{self.command} {Path(self.made).suffix}".rstrip()


def _writers():
    read = ("cells.zarr", "...", "--out")
    yield Writer("zarr-partial get", "a.npy", (*read, "a.npy"))
    yield Writer("zarr-partial explain", "a.svg", ("cells.zarr", "0", "--plot", "a.svg"))
    yield Writer("zarr-partial info", "a.png", ("cells.zarr", "--plot", "a.png"))
    chunks = ("cells.zarr", "--chunks", "1", "-o")
    yield Writer("zarr-partial virtualize", "a.json", (*chunks, "a.json"))
    yield Writer("zarr-partial virtualize", "a.parquet", (*chunks, "a.parquet"))
    yield Writer("outreach generate", "site/pages/gallery/index.md")
    yield Writer("outreach gallery new", "gallery_data/ocean-colour-day-by-day", ("--no-questions", *FLAGS))
    yield Writer("outreach gallery from-form", "gallery_data/ocean-colour-day-by-day", ("form.md",))
    yield Writer("outreach gallery preview", "build/preview/north-sea-tides", ("north-sea-tides",))
    yield Writer("outreach gallery templates", ".github/ISSUE_TEMPLATE/gallery-entry.yml")
    yield Writer("outreach gallery freshness", "gallery_data/freshness.json", before=ON_LOOPBACK)
    yield Writer("outreach sprint new", "sprint_issues/rome-2030", ("--no-questions", *EVENT))
    yield Writer("outreach sprint sync", "sprint_issues/spring-2030/snapshot.json", ("spring-2030",))
    yield Writer("outreach bench run", "benchmarks/results", ("--quick",))
    yield Writer("outreach bench targets", "benchmarks/README.md", ("--write",))
    yield Writer("outreach bench crossover", "benchmarks/crossover.json")


WRITERS = tuple(_writers())
# They build in other folders than those that they write to, and last: tests of their own look at them.
BUILDERS = {"outreach build", "outreach serve"}
READERS = {
    "outreach gallery check", "outreach gallery list", "outreach sprint check", "outreach sprint list",
    "outreach sprint capacity", "outreach sprint claims", "outreach sprint report",
    "outreach bench show", "outreach bench check", "outreach bench compare", "outreach doctor",
}  # fmt: skip
