"""`outreach serve`: what is watched, what a broken change does, what a taken port says."""

import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from outreach import serve
from outreach.errors import OutreachError
from outreach.node import install_packages
from outreach.paths import Project
from outreach.serving import reserve


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name in ("gallery_data", "site/pages/gallery", "site/theme", "site/browser", "build/site"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "mkdocs.yml").touch()
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("gallery_data/era5/entry.yaml", True),
        ("site/pages/index.md", True),
        ("site/browser/styles/base.css", True),
        ("mkdocs.yml", True),
        ("site/pages/gallery/era5/index.md", False),
        ("site/pages/assets/generated/main.js", False),
        ("site/theme/generated/home_facts.html", False),
        ("site/browser/node_modules/esbuild/package.json", False),
        ("zarr_partial/__pycache__/array.cpython-313.pyc", False),
        ("site/pages/.writing-abc", False),
    ],
)
def test_only_sources_start_a_build(project: Project, name: str, wanted: bool) -> None:
    assert serve.is_source(project, project.root / name) is wanted


def test_watched_places_exist(project: Project) -> None:
    assert project.gallery_data in serve.watched(project)
    assert project.sprint_issues not in serve.watched(project)


def test_a_broken_entry_prints_its_problems_and_keeps_the_last_good_site(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OutreachError("gallery_data/era5/entry.yaml:12:3: licence: expected [an] SPDX id, found 'BSD'")

    monkeypatch.setattr(serve, "build_site", broken)
    changed = [str(project.gallery_data / "era5" / "entry.yaml")]
    assert serve.rebuild(project, "http://127.0.0.1:8000/", changed) is False
    said = capsys.readouterr().err
    assert "changed: gallery_data/era5/entry.yaml" in said
    assert "licence: expected [an] SPDX id, found 'BSD'" in said
    assert "still serving the last good site" in said


def test_many_changes_are_one_line(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "build_site", lambda *_, **__: None)
    changed = [str(project.pages / f"{letter}.md") for letter in "edcba"]
    assert serve.rebuild(project, "http://127.0.0.1:8000/", changed)
    said = capsys.readouterr().err
    assert said == "changed: site/pages/a.md, site/pages/b.md, site/pages/c.md and 2 more\n"


def test_a_taken_port_ends_with_one_message_and_exit_code_1_before_building(project: Project) -> None:
    program = "from outreach.cli import main; main()"
    with reserve("127.0.0.1", 0) as taken:
        number = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", program, "serve", "--port", number],
            cwd=project.root,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: expected port {number} of 127.0.0.1 to be free, found: ")
    assert f"--port {int(number) + 1}" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(project.built_site.iterdir()) == []


def test_a_wrong_option_ends_with_exit_code_2(project: Project) -> None:
    program = "from outreach.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "serve", "--port", "http"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Invalid value for '--port'" in done.stderr


@pytest.mark.parametrize(
    ("given", "kept"), [("/", "/"), ("", "/"), ("beautiful-zarr", "/beautiful-zarr/"), ("/a/b", "/a/b/")]
)
def test_a_prefix_begins_and_ends_with_a_slash(given: str, kept: str) -> None:
    context = serve.serve.make_context("serve", ["--prefix", given])
    assert context.params["prefix"] == kept


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied", "site/pages"), ValueError("a fault")]
)
def test_watching_goes_on_after_any_failure(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(serve, "build_site", fail)
    assert serve.rebuild(project, "http://127.0.0.1:1/", [str(project.root / "mkdocs.yml")]) is False
    said = capsys.readouterr().err
    assert str(error.args[-1]).split()[0] in said
    assert "still serving the last good site" in said


def test_help_shows_examples() -> None:
    assert "outreach serve --port 8080 --open" in (serve.serve.help or "")


@pytest.fixture
def copied_checkout(tmp_path: Path) -> Path:
    """A copy to build in: the address of a test must not get into the site of the real checkout."""
    root = Project.find(Path(__file__)).root
    left_out = shutil.ignore_patterns(
        ".*", "build", "node_modules", "tests", "__pycache__", "generated", "uv.lock"
    )
    copy = tmp_path / "checkout"
    shutil.copytree(root, copy, ignore=left_out)
    for sample in (root / "gallery_data").glob("*/sample.zarr"):
        # Their hidden files are left out above.
        shutil.copytree(sample, copy / sample.relative_to(root), dirs_exist_ok=True)
    install_packages(Project(root))
    (copy / "site/browser/node_modules").symlink_to(root / "site/browser/node_modules")
    return copy


def test_the_command_builds_serves_prints_its_address_and_stops_quietly(copied_checkout: Path) -> None:
    program = "from outreach.cli import main; main()"
    running = subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--port", "0", "--prefix", "zarr"],
        cwd=copied_checkout,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None
        line = running.stdout.readline()
        found = re.fullmatch(
            r"Beautiful Zarr is at (http://127\.0\.0\.1:\d+/zarr/) \(stop with Ctrl\+C\)\n", line
        )
        assert found is not None, running.stderr.read() if running.stderr else line
        with urllib.request.urlopen(found[1] + "sitemap.xml", timeout=10) as answer:
            assert f"<loc>{found[1]}gallery/</loc>" in answer.read().decode()
    finally:
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=20)[1]
    assert running.returncode == 0
    for step in ("gallery", "sprints", "benchmarks", "browser modules", "mkdocs --strict"):
        assert re.search(rf"^  {step} .*\d s$", said, re.MULTILINE), said
    assert "Traceback" not in said
