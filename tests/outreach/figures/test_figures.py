"""The drawings are well formed, told in words, and say what the arrays and curves behind them say."""

import json
import re
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import zarr

import zarr_partial as zp
from outreach.errors import OutreachError
from outreach.figures import address_gather, blosc_chunk, cold_pages, drawing, losing, shard_file, ski_rental
from outreach.paths import Project

ROOT = Path(__file__).parents[3]
PROJECT = Project(ROOT)
PAGES = {path.name: path.read_text("utf-8") for path in (ROOT / "site/pages/library").glob("*.md")}


@pytest.fixture(scope="module")
def drawn():
    return drawing.draw_figures(PROJECT)


def test_pages_ask_for_the_figures_that_are_drawn(drawn):
    asked = {}
    for page, text in PAGES.items():
        front, _, body = text.removeprefix("---\n").partition("\n---\n")
        (named,) = re.findall(r"^figures: \[(.*)\]$", front, re.MULTILINE) or [""]
        for name in filter(None, named.split(", ")):
            assert body.count(f"<!-- figure: {name} -->") == 1, page
            asked[name] = page
        assert body.count("<!-- figure: ") == len(named.split(", ")) * bool(named), page
    assert set(asked) == set(drawing.FIGURES)
    assert {f"figures/{name}.html" for name in asked} == set(drawn)


@pytest.mark.parametrize("name", drawing.FIGURES)
def test_a_figure_is_well_formed_and_its_drawings_have_names(drawn, name):
    html = drawn[f"figures/{name}.html"]
    # As XML, attributes without values and the void element have to be written out.
    for bare in ("data-bz-try", "data-bz-about", "data-bz-said", "data-bz-layouts", "hidden", "checked"):
        html = re.sub(rf" {bare}(?=[ >])", f' {bare}=""', html)
    root = ET.fromstring(re.sub(r"<input([^>]*)>", r"<input\1/>", html))
    assert root.tag == "figure"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    drawings = list(root.iter("svg"))
    assert drawings
    for svg in drawings:
        assert svg.get("role") == "img"
        names = (svg.get("aria-labelledby") or "").split()
        assert set(names) <= set(ids)
        assert names or svg.get("aria-label")


def test_drawing_again_gives_the_same(drawn):
    assert drawing.draw_figures(PROJECT) == drawn


def test_what_a_template_would_execute_is_refused(monkeypatch):
    monkeypatch.setattr(drawing, "FIGURES", {"bad": lambda _: "<figure>{{ config }}</figure>"})
    with pytest.raises(OutreachError, match="figure bad: expected HTML"):
        drawing.draw_figures(PROJECT)


def test_the_header_of_the_blosc_chunk_is_that_in_the_file(drawn):
    chunk = (ROOT / "gallery_data" / blosc_chunk.SAMPLE / "c/0/0/0").read_bytes()
    _, _, flags, _, nbytes, blocksize, cbytes = struct.unpack("<BBBBIII", chunk[:16])
    html = drawn["figures/blosc-chunk.html"]
    for value in (f"{nbytes:,}", f"{blocksize:,}", f"{cbytes:,}", f"{flags:#04x}"):
        assert f"<td>{value}</td>" in html
    starts = struct.unpack(f"<{-(-nbytes // blocksize)}I", chunk[16 : 16 + 4 * -(-nbytes // blocksize)])
    assert ", ".join(f"{start:,}" for start in starts) in html


def test_the_marked_blocks_are_those_that_a_read_decodes(drawn):
    array = zp.open(ROOT / "gallery_data" / blosc_chunk.SAMPLE)
    rows = blosc_chunk.ROWS
    plan = array.explain(np.s_[0, rows.start : rows.stop, : array.chunks[2]])
    html = drawn["figures/blosc-chunk.html"]
    assert html.count('class="fetched"') == 2 * plan.units
    table = 16 + 4 * plan.units_in_chunks
    assert f"{plan.units} blocks, {plan.bytes_read - table:,} of" in html


def test_the_marked_inner_chunks_are_those_that_a_read_touches(drawn):
    array = zp.open(ROOT / "gallery_data" / shard_file.SAMPLE)
    rows, columns = shard_file.ROWS, shard_file.COLUMNS
    plan = array.explain(np.s_[rows.start : rows.stop, columns.start : columns.stop])
    html = drawn["figures/shard-file.html"]
    assert plan.shards == 1
    assert html.count('class="fetched"') == 2 * plan.chunks == 2 * html.count("<td>read</td>")
    assert f"{plan.bytes_read - plan.index_nbytes:,} bytes of" in html


def test_the_addresses_are_where_the_rows_lie():
    chunks, offsets, run = address_gather.places()
    height = address_gather.CHUNK[0]
    rows = np.arange(height * address_gather.CHUNKS * address_gather.CHUNK[1], dtype="float32")
    stored = rows.reshape(address_gather.CHUNKS, -1).view(np.uint8)
    for row, chunk, offset in zip(address_gather.ROWS, chunks, offsets, strict=True):
        found = stored[chunk, offset : offset + run].view("float32")
        assert found[0] == row * address_gather.CHUNK[1]


def test_every_wanted_byte_is_on_a_marked_page():
    marked = set(cold_pages.wanted_pages())
    wanted = np.concatenate(
        [np.arange(row * cold_pages.ROW_NBYTES, (row + 1) * cold_pages.ROW_NBYTES) for row in cold_pages.ROWS]
    )
    assert marked == set((wanted // cold_pages.PAGE_NBYTES).tolist())
    faults, asked = cold_pages.one_by_one(), cold_pages.all_at_once()
    assert max(marked) < cold_pages.CHUNK_PAGES
    assert asked.wanted == faults.wanted == marked
    assert len(faults.extra) <= faults.waits * cold_pages.AROUND_PAGES
    assert 1 < faults.waits <= len(cold_pages.ROWS)


def test_the_cache_never_fetches_more_than_twice_what_was_asked_for():
    found = ski_rental.trace()
    ratios = [fetched / asked for fetched, asked in zip(found.fetched, found.asked, strict=True)]
    assert 1.9 < max(ratios) <= 2.0
    assert found.fetched[-1] == ski_rental.CHUNK_NBYTES
    assert found.fetched[found.bought - 2] < found.fetched[found.bought - 1] == found.fetched[-1]
    assert found.requests[-1] < ski_rental.ROWS


def test_the_counting_store_counts_what_zarr_reads():
    store = ski_rental.CountedStore(zarr.storage.MemoryStore())
    array = zarr.create_array(store, shape=(4, 8), chunks=(2, 8), dtype="u1", compressors=None, fill_value=1)
    array[:] = 3
    store.lengths.clear()
    array[...]
    assert store.lengths == [16, 16]


def test_curves_that_are_lost_are_an_error_that_names_the_file(tmp_path):
    (tmp_path / "benchmarks").mkdir()
    with pytest.raises(OutreachError, match=r"crossover curves in benchmarks/crossover\.json, found no file"):
        losing.losing(Project(tmp_path))


def test_the_page_on_losing_says_what_the_curves_say(drawn):
    found = json.loads((ROOT / "benchmarks/crossover.json").read_text("utf-8"))
    panels = {panel.name: panel for panel in losing.panels(found)}
    # Sentences of the page, one by one.
    assert losing.crossing(panels["crossover-local-raw"]) is None
    assert max(losing.ratios(panels["crossover-local-raw"])) < 1
    assert losing.ratios(panels["crossover-local-blosc-lz4"])[2] > 1
    assert all(ratio < 1 for ratio in losing.ratios(panels["crossover-network-raw"])[:-1])
    assert [ratio < 1 for ratio in losing.ratios(panels["crossover-network-blosc-lz4"])[:3]] == [True] * 3
    assert losing.crossing(panels["crossover-network-blosc-lz4"]) == 0.03
    assert found["measured"] in drawn["figures/losing.html"]
