"""The crossover curves: stored as measured, drawn for eyes and for ears, and the same on the page."""

import json
import subprocess
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from outreach.benches import crossover
from outreach.benches.cli import bench
from outreach.benches.crossover_drawing import LABEL_PX, describe, figure, panels
from outreach.errors import OutreachError
from outreach.paths import Project

ROOT = Path(__file__).parents[3]
FACTS = {
    "cpu": "Processor <X>", "cores": 2, "memory_bytes": 24 * 2**30, "system": "Linux", "kernel": "6.1",
    "architecture": "x86_64", "python": "CPython 3.13.0", "packages": {"numpy": "2.5.5", "zarr": "3.4.2"},
}  # fmt: skip
TIMES = {
    "zarr_partial": [1e-4, 1e-3, 2e-2],
    "zarr-default": [1e-2, 1e-2, 1.01e-2],
    "tensorstore": [5e-3, 6e-3, 1e-2],
}
MEASURED = {
    "chunk_rows": 100,
    "row_bytes": 4000,
    "latency_seconds": 0.02,
    "network_bytes_per_second": 1e8,
    "curves": [
        {"place": place, "layout": "raw", "reader": reader, "rows": [1, 10, 100], "seconds": seconds}
        for place in ("local", "http")
        for reader, seconds in TIMES.items()
    ],
}
FOUND = {"command": crossover.COMMAND, "commit": "ab" * 20, "changed": False, "measured": "2026-11-22",
         "scale": "full", "machine": FACTS, **MEASURED}  # fmt: skip
PAGE = f"# Page\n\nBefore.\n\n{crossover.BEGIN}stale curves\n{crossover.END}\nAfter.\n"


@pytest.fixture
def checkout(project, monkeypatch):
    suite = project.benchmarks / "suite"
    suite.mkdir(parents=True)
    (suite / "__init__.py").touch()
    (suite / "crossover.py").write_text(f"print({json.dumps(MEASURED)!r})", "utf-8")
    page = crossover.page_path(project)
    page.parent.mkdir(parents=True)
    page.write_text(PAGE, "utf-8")
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "-m", "one"]):
        subprocess.run(["git", *arguments], cwd=project.root, check=True, capture_output=True)
    monkeypatch.setattr(crossover.this_machine, "facts", lambda: FACTS)
    monkeypatch.chdir(project.root)
    return project


def run(*arguments):
    return CliRunner().invoke(bench, ["crossover", *arguments])


def svgs():
    body = figure(FOUND).partition("\n\n")[0]
    return ET.fromstring(body).findall(".//svg")


def test_what_is_measured_is_stored_and_drawn_into_the_page(checkout):
    assert run().exit_code == 0
    stored = json.loads(crossover.curves_path(checkout).read_text("utf-8"))
    assert stored["curves"] == MEASURED["curves"]
    assert stored["machine"] == FACTS
    assert len(stored["commit"]) == 40
    text = crossover.page_path(checkout).read_text("utf-8")
    assert text.startswith(f"# Page\n\nBefore.\n\n{crossover.BEGIN}")
    assert text.endswith(f"{crossover.END}\nAfter.\n")
    assert "stale curves" not in text
    assert figure(stored) in text
    assert run("--draw").exit_code == 0
    assert crossover.page_path(checkout).read_text("utf-8") == text


def test_a_quick_look_changes_no_file(checkout):
    assert run("--quick").exit_code == 0
    assert not crossover.curves_path(checkout).exists()
    assert crossover.page_path(checkout).read_text("utf-8") == PAGE


def test_quick_and_draw_exclude_each_other(checkout):
    found = run("--quick", "--draw")
    assert found.exit_code == 2
    assert "expected --quick or --draw, found both" in found.output


def test_without_stored_curves_nothing_is_drawn(checkout):
    with pytest.raises(OutreachError, match=r"expected curves in benchmarks/crossover\.json, found no file"):
        crossover.draw_crossover(checkout)


@pytest.mark.parametrize("broken", ["# Page\n", PAGE + crossover.BEGIN, crossover.END + crossover.BEGIN])
def test_a_page_without_its_comments_is_refused(broken, checkout):
    crossover.store_crossover(checkout, FOUND)
    page = crossover.page_path(checkout)
    page.write_text(broken, "utf-8")
    with pytest.raises(OutreachError, match="expected the comments around the curves once in site/pages"):
        crossover.draw_crossover(checkout)
    assert page.read_text("utf-8") == broken


def test_a_suite_that_fails_stores_nothing(checkout):
    (checkout.benchmarks / "suite" / "crossover.py").write_text("raise SystemExit('wrong values')", "utf-8")
    with pytest.raises(OutreachError, match="found exit code 1"):
        crossover.measure_crossover(checkout, scale="tiny")


def test_every_drawing_has_a_title_and_a_description_of_its_own():
    found = svgs()
    assert len(found) == 2
    ids = [element.get("id") for svg in found for element in svg.iter() if element.get("id")]
    assert len(set(ids)) == len(ids) == 4
    for svg in found:
        assert svg.get("role") == "img"
        assert {svg.find("title").get("id"), svg.find("desc").get("id")} == set(
            svg.get("aria-labelledby").split()
        )


def test_description_gives_both_ends_of_every_curve():
    text = describe(panels(FOUND)[0])
    assert text == (
        "From 1 % of a chunk to 100 %: zarr_partial from 100 µs to 20 ms, "
        "zarr default from 10 ms to 10.1 ms, tensorstore from 5 ms to 10 ms."
    )


def test_longer_times_are_higher_and_larger_parts_further_right():
    panel = panels(FOUND)[0]
    assert panel.y(2e-2) < panel.y(1e-3) < panel.y(1e-4)
    assert panel.x(0.01) < panel.x(0.1) < panel.x(1.0) < 100


def test_names_of_curves_that_end_close_together_do_not_overlap():
    for svg in svgs():
        heights = [float(text.get("y")) for text in svg.findall("text") if "name" in text.get("class")]
        assert len(heights) == 3
        assert all(below - above > LABEL_PX - 0.2 for above, below in pairwise(heights))


def test_table_compares_with_the_fastest_other_reader_and_marks_where_it_is_faster():
    table = figure(FOUND).partition("\n\n")[2]
    (row, _) = ET.fromstring(f"<div>{table}</div>").findall(".//tbody/tr")
    cells = ["".join(cell.itertext()) for cell in row.findall("td")]
    assert cells == ["0.02", "0.17", "2.00"]
    assert [cell.find("b") is not None for cell in row.findall("td")] == [False, False, True]


def test_caption_names_machine_versions_and_day_escaped():
    text = figure(FOUND)
    assert "22 November 2026 on Processor &lt;X&gt;, 2 cores" in text
    assert "zarr 3.4.2, numpy 2.5.5" in text


def test_the_page_shows_the_stored_curves():
    project = Project(ROOT)
    stored = json.loads(crossover.curves_path(project).read_text("utf-8"))
    assert stored["changed"] is False
    assert stored["scale"] == "full"
    assert figure(stored) in crossover.page_path(project).read_text("utf-8")
