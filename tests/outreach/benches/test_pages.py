"""The pages: whole, escaped, the same every time, and honest about what has no number.

`REWRITE_GOLDEN=1 uv run pytest tests/outreach/benches` writes the expected pages anew; read the difference.
"""

import copy
import csv
import io
import json
import math
import os
import posixpath
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from outreach.benches.names import OURS
from outreach.benches.pages import BenchmarkFacts, generate_benchmarks
from outreach.benches.workloads import WORKLOADS
from outreach.writing import Output

GOLDEN = Path(__file__).with_name("golden")
ROWS = "rows.RandomRowsWarm.time_256_rows"
SLAB = "rows.ConsecutiveRowsWarm.time_2000_rows"
VOID = {"br", "input"}


def generated(project):
    output = Output(project.pages / "benchmarks")
    facts = generate_benchmarks(project, output)
    return facts, {name: content.decode() for name, content in output.files.items()}


def text_of(page):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


class Balance(HTMLParser):
    """Fails on a tag that is not closed where it should be; collects ids and links."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"


PAGES = ["index.md", *(f"{workload.slug}/index.md" for workload in WORKLOADS), "history/index.md"]


@pytest.mark.parametrize("name", ["index.md", "rows/index.md", "history/index.md"])
def test_page_is_as_agreed(results, another_machine, name):
    another_machine.write()
    _, files = generated(results.write())
    golden = GOLDEN / name.replace("/index.md", ".md")
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text(files[name], "utf-8")
    assert files[name] == golden.read_text("utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_html_is_balanced_ids_are_unique_and_links_lead_somewhere(results, another_machine, name):
    another_machine.write()
    second_run(results)
    _, files = generated(results.write())
    balance = Balance()
    balance.feed(files[name].split("---\n", 2)[2])
    assert balance.open == []
    assert len(balance.ids) == len(set(balance.ids))
    for link in balance.links:
        place, _, anchor = posixpath.normpath(posixpath.join(posixpath.dirname(name), link)).partition("#")
        if "library/" in place:
            continue
        target = place if "." in posixpath.basename(place.rstrip(".")) else posixpath.join(place, "index.md")
        target = posixpath.normpath(target)
        assert target in files, link
        assert not anchor or f'id="{anchor}"' in files[target], link


def second_run(results):
    """Write the results, and begin another run of a commit that is a day younger."""
    results.write()
    results.stem, results.commit = "89abcdef-existing-py3.13-full", "89abcdef" * 5
    results.committed += 3_600_000
    results.environment["commit"] = results.commit
    results.results = copy.deepcopy(results.results)
    for row in results.results.values():
        row[3] += 3_600_000


def test_there_is_a_page_for_every_workload_with_or_without_results(results, project):
    assert set(generated(project)[1]) == {*PAGES, "results.csv", "results.json"}
    assert set(generated(results.write())[1]) == {*PAGES, "results.csv", "results.json"}


def test_generation_is_deterministic(results):
    project = results.write()
    assert generated(project) == generated(project)


def test_facts_for_the_home_page_come_from_the_results(results):
    assert generated(results.write())[0] == BenchmarkFacts(
        headline="256 random rows from raw chunks: 2,000 × faster than zarr’s default pipeline",
        statement="faster than zarr’s default pipeline, at 256 random rows from raw chunks",
        ratio=2000.0,
        spread="4.0 to 2,000 × in 2 of 2 layouts",
        machine="Processor <X>, 2 cores, files already in memory",
        measured="2026-01-02",
        url="benchmarks/",
    )


def test_no_results_is_a_page_that_says_how_to_get_them(project):
    facts, files = generated(project)
    nothing = "No benchmark results in this checkout"
    assert facts == BenchmarkFacts(nothing, nothing, None, "", "", "")
    assert "uv run outreach bench run --quick" in files["index.md"]
    assert json.loads(files["results.json"]) == {"environments": [], "measurements": []}
    assert len(files["results.csv"].splitlines()) == 1


def test_text_of_the_environment_is_escaped(results):
    results.environment["cpu"] = "<script>alert(1)</script>"
    _, files = generated(results.write())
    for name in PAGES:
        assert "<script" not in files[name]
        assert "&lt;script&gt;" in files[name]


def test_a_broken_benchmark_is_named_on_the_dashboard_and_the_rest_is_shown(results, capsys):
    results.results[SLAB][0][0] = "<b>fast"
    _, files = generated(results.write())
    page = text_of(files["index.md"])
    assert "256 random rows from raw chunks: 2,000 × faster" in page
    assert f"results.{SLAB}.result[0] expected a number, found '<b>fast'" in page
    assert "<b>fast" not in files["index.md"]
    assert "This run has no number for it" in text_of(files["consecutive/index.md"])
    assert f"left out benchmarks/results/{results.machine}/{results.stem}.json" in " ".join(
        capsys.readouterr().err.split()
    )


def test_the_site_builds_where_no_file_can_be_read(results):
    results.write()
    results.path.write_text("{", "utf-8")
    facts, files = generated(results.project)
    assert (facts.ratio, facts.measured) == (None, "")
    assert "uv run outreach bench run --quick" in files["index.md"]
    assert "expected JSON, found an error" in text_of(files["index.md"])


def test_every_chart_names_the_command_that_repeats_it(results):
    _, files = generated(results.write())
    for workload in WORKLOADS:
        page = text_of(files[f"{workload.slug}/index.md"])
        for panel in workload.panels:
            assert panel.command in page
        assert workload.command in page


def test_skipped_failed_and_missing_look_different(results):
    results.results[ROWS][0][1] = math.nan
    results.results[ROWS][0][3] = None
    results.benchmarks[ROWS]["params"] = [["'raw'", "'zip'"], *results.benchmarks[ROWS]["params"][1:]]
    page = generated(results.write())[1]["rows/index.md"]
    for state, words in (("skipped", "skipped"), ("failed", "failed"), ("missing", "not measured")):
        assert f'<span class="bz-bench-null bz-bench-{state}">{words}</span>' in page


def test_legend_explains_only_the_states_that_occur(results):
    def legend(page):
        return re.findall(r'bz-bench-legend">(.*?)</ul>', page)

    assert legend(generated(results.write())[1]["consecutive/index.md"]) == []
    results.results[SLAB][0][1] = math.nan
    (found,) = legend(generated(results.write())[1]["consecutive/index.md"])
    assert "cannot read this layout" in found
    assert "ended with an error" not in found


def test_losses_stand_on_the_dashboard(results):
    page = text_of(generated(results.write())[1]["index.md"])
    assert "in 6 cases" in page
    assert "not faster in 1 of them, and clearly slower in 0" in page
    assert "2,000 in a run Blosc lz4 2.1 µs 2.0 µs zarr fused no clear difference" in page


def test_no_loss_is_said_in_words(results):
    for column, seconds in ((0, 0.001), (5, 0.0009), (6, 0.0011)):
        results.results[SLAB][column][5] = seconds
    page = text_of(generated(results.write())[1]["index.md"])
    assert "zarr_partial is faster in all of them." in page


def test_a_run_without_zarr_partial_still_compares_the_others(results):
    for values in (results.results[name][0] for name in (ROWS, SLAB)):
        step = 2 if len(values) == 12 else 1
        for start in range(2 * step, len(values), 3 * step):
            values[start : start + step] = [math.nan] * step
    facts, files = generated(results.write())
    assert (facts.headline, facts.ratio) == ("256 random rows from raw chunks: zarr_partial skipped", None)
    assert facts.statement == facts.headline
    page = text_of(files["index.md"])
    assert "zarr_partial has no number in this run." in page
    rows = text_of(files["rows/index.md"])
    assert "raw chunks skipped 2.0 × 200 µs 1.0 × 100 µs not comparable" in rows


def test_a_missing_baseline_is_named_where_the_ratio_would_stand(results):
    results.results[ROWS][0][1] = None
    facts, files = generated(results.write())
    assert facts.headline == "256 random rows from raw chunks: zarr, default pipeline failed"
    assert "raw chunks – zarr default: failed" in text_of(files["index.md"])


def test_machines_are_shown_apart_and_never_compared(results, another_machine):
    another_machine.write()
    page = generated(results.write())[1]["index.md"]
    assert "Times of different machines are not compared." in text_of(page)
    folded = page.index('<details class="bz-bench-machine">')
    assert page.index("linux-x86_64-2cores") < folded < page.index("linux-aarch64-4cores, quick scale")
    assert page.count("<svg") == 2


def test_age_is_left_to_the_browser(results):
    page = generated(results.write())[1]["index.md"]
    assert '<time datetime="2026-01-02" data-bz-age data-bz-stale-days="180">2 January 2026</time>' in page


def test_uncommitted_changes_are_told(results):
    results.environment["changed"] = True
    assert "with uncommitted changes" in generated(results.write())[1]["index.md"]


def test_downloads_hold_every_combination_in_strict_json(results):
    results.results[ROWS][0][1] = math.nan
    results.results[ROWS][6][3] = math.inf
    _, files = generated(results.write())

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    found = json.loads(files["results.json"], parse_constant=refuse)
    records = list(csv.DictReader(io.StringIO(files["results.csv"])))
    assert len(found["measurements"]) == len(records) == 12 + 2 + 6 + 2
    skipped = found["measurements"][1]
    assert skipped["params"] == {"layout": "raw", "reader": "zarr-default", "rows_per_call": "256"}
    assert (skipped["state"], skipped["value"]) == ("skipped", None)
    assert (records[1]["state"], records[1]["value"]) == ("skipped", "")
    assert found["measurements"][3]["ci_99_high"] is None
    assert found["environments"][0]["machine"] == "linux-x86_64-2cores"


def test_only_zarr_partial_is_magenta_and_readers_keep_their_colour(results):
    second_run(results)
    _, files = generated(results.write())
    shades = {}
    for name in PAGES:
        for tag in re.findall(r"<tr data-bz-(?:mark|track|series)[^>]*>", files[name]):
            reader, shade = (re.search(rf'{key}="([^"]*)"', tag)[1] for key in ("data-name", "data-colour"))
            shades.setdefault(reader, set()).add(shade)
    assert shades["zarr default"] == {"1"}
    assert all((shade == {"0"}) == (OURS in reader) for reader, shade in shades.items())


def test_what_a_page_draws_with_scripts_is_what_its_table_says(results):
    _, files = generated(results.write())
    page = files["rows/index.md"]
    charts = re.findall(r'<figure class="bz-figure" data-bz-chart="([^"]+)"', page)
    assert charts
    for chart in charts:
        assert f'id="{chart}"' in page
    (row,) = re.findall(
        r'<tr data-bz-series="zarr-partial"[^>]*data-group="raw chunks"[^>]*data-value="1e-07"[^>]*>', page
    )
    assert 'data-low="9.5e-08" data-high="1.05e-07"' in row
