"""Code and commands of the documentation run, page by page, in an empty folder; its figures were measured."""

import re
from pathlib import Path

import click
import pytest
from sybil import Sybil
from sybil.example import SybilFailure
from sybil.parsers.markdown import PythonCodeBlockParser

from outreach.benches.current import current_runs
from outreach.benches.tables import limit, lines, time_text, verdict_text
from outreach.benches.workloads import BASELINE, MINIBATCH, OURS, ROW_BY_ROW
from outreach.paths import Project
from tests.consoles import console_parser, shell_parser
from tests.zarr_partial.running import in_thread

ROOT = Path(__file__).parents[1]
# Those that the table of the README compares with.
READERS = (BASELINE, "zarr-fused", "tensorstore")
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *(ROOT / "site/pages/library").glob("*.md"))
    if re.search("^```(python|console|bash)$", path.read_text(), re.MULTILINE)
)
# What the shell block of a page needs beside itself.
SCRIPTS = {
    "site/pages/library/behind-zarr.md": (
        "train.py",
        (
            "import zarr; pipeline = zarr.array(range(4)).async_array.codec_pipeline; "
            "assert type(pipeline).__name__ == 'PartialCodecPipeline'"
        ),
    )
}


def test_there_are_pages_with_code():
    assert "README.md" in PAGES
    assert "site/pages/library/first-read.md" in PAGES


def test_every_block_of_the_library_pages_is_of_a_kind_that_runs():
    kinds = {}
    for path in (ROOT / "site/pages/library").glob("*.md"):
        fences = re.findall("^ *(?:```|~~~)(.*)$", path.read_text(), re.MULTILINE)
        assert len(fences) % 2 == 0, f"{path.name}: a fence is not closed"
        kinds |= dict.fromkeys(fences[::2], path.name)
    assert set(kinds) == {"python", "console", "bash"}, kinds


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('pip install ".[sprase]"', "expected extras among"),
        ("zarr-partial info s3://bucket/a.zarr --no-such-option", "no-such-option"),
        ("zarr-partial look s3://bucket/a.zarr", "expected a command"),
        ("exit 3", "exit 3"),
    ],
)
def test_a_line_of_a_shell_block_that_does_not_work_is_found(line, wrong, tmp_path):
    (tmp_path / "page.md").write_text(f"```bash\n{line}\n```\n")
    (example,) = Sybil([shell_parser(tmp_path)]).parse(tmp_path / "page.md").examples()
    with pytest.raises((AssertionError, click.UsageError), match=wrong):
        example.evaluate()


def test_a_page_that_says_what_a_command_does_not_print_is_found(tmp_path):
    (tmp_path / "page.md").write_text("```console\n$ echo a; echo b\na\nc\n```\n")
    (example,) = Sybil([console_parser(tmp_path)]).parse(tmp_path / "page.md").examples()
    with pytest.raises(SybilFailure, match="found:\na\nb"):
        example.evaluate()


@pytest.mark.parametrize("page", PAGES)
def test_code_on_the_page_runs(page, tmp_path, tmp_path_factory, monkeypatch):
    if page == "README.md":
        # Its example reads a sample of the gallery from the clone.
        (tmp_path / "gallery_data").symlink_to(ROOT / "gallery_data")
    if "import torch" in (ROOT / page).read_text():
        pytest.importorskip("torch", reason="PyTorch is not installed: uv sync --group torch")
    monkeypatch.chdir(tmp_path)
    if page in SCRIPTS:
        (tmp_path / SCRIPTS[page][0]).write_text(SCRIPTS[page][1])
    commands = tmp_path_factory.mktemp("commands")
    parsers = [PythonCodeBlockParser(), console_parser(commands), shell_parser(commands)]
    document = Sybil(parsers).parse(ROOT / page)
    examples = list(document.examples())
    assert examples
    # Browser tests leave an event loop running in this thread, and pages may run one of their own.
    in_thread(lambda: [example.evaluate() for example in examples])


def test_ratios_of_the_readme_are_those_of_the_newest_results():
    run = current_runs(Project(ROOT))[0]
    text = (ROOT / "README.md").read_text()
    assert f"zarr {dict(run.environment.packages)['zarr']}" in text
    measured = list(lines(run, MINIBATCH))
    assert len(measured) == 7
    for line in measured:
        verdicts = (verdict_text(line.ours_against(reader)) for reader in READERS)
        assert f"| {' | '.join(verdicts)} |" in text


def test_times_in_how_it_works_are_those_of_the_newest_results():
    run = current_runs(Project(ROOT))[0]
    text = " ".join((ROOT / "site/pages/library/how-it-works.md").read_text().split())
    (alone,) = (line for line in lines(run, ROW_BY_ROW) if line.layout == "raw")
    (together,) = (line for line in lines(run, MINIBATCH) if line.layout == "raw")
    ours, least = time_text(alone.cells[OURS], ROW_BY_ROW), time_text(limit(run, ROW_BY_ROW), ROW_BY_ROW)
    assert f"{ours} against {least} by `numpy.memmap`" in text
    assert f"256 rows in one call cost {time_text(together.cells[OURS], MINIBATCH)} each" in text
