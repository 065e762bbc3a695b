"""The chunk fingerprint: what is drawn for which layout."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from outreach.gallery.entries import Array
from outreach.gallery.fingerprint import codec_family, drawing, mark
from outreach.gallery.grids import plane_of

PLAIN = Array("a", (100, 200), (10, 20), None, "uint8", ("bytes",), ("y", "x"), "test")


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter("text")]


def lit(svg: str) -> int:
    paths = [e.get("d") for e in ET.fromstring(svg).iter("path") if "--fetched-" in (e.get("fill") or "")]
    return sum(path.count("M") for path in paths)


def test_only_the_chunks_that_the_window_touches_are_lit():
    plane = plane_of(PLAIN, "drawing")
    assert plane.down.window == (27, 47)
    assert plane.across.window == (106, 146)
    assert (plane.down.lit, plane.across.lit) == (range(2, 5), range(5, 8))
    assert lit(drawing(PLAIN)) == 9
    assert "Lit: the 9 chunks that a window of 20 × 40 touches." in drawing(PLAIN)


def test_a_single_chunk_is_lit_whole():
    svg = drawing(replace(PLAIN, chunks=(100, 200)))
    assert lit(svg) == 1
    assert "Lit: the chunk that a window of 20 × 40 touches." in svg


def test_edge_chunks_end_at_the_shape():
    plane = plane_of(replace(PLAIN, shape=(95, 190)), "drawing")
    assert plane.down.shown == 95
    assert plane.down.lines(10) == tuple(range(10, 95, 10))


def test_shards_are_drawn_in_ink_over_hairlines():
    svg = drawing(replace(PLAIN, shards=(50, 100), codecs=("sharding_indexed", "bytes")))
    assert svg.count('stroke="var(--hairline)"') == 1
    assert "shards of 50 × 100" in svg


def test_a_colour_axis_is_not_a_direction():
    plane = plane_of(replace(PLAIN, shape=(100, 200, 3), chunks=(10, 20, 3), dims=("y", "x", "c")), "drawing")
    assert (plane.down.name, plane.across.name) == ("y", "x")


def test_axes_that_hold_the_chunks_are_drawn_if_the_last_two_do_not():
    stack = replace(PLAIN, shape=(3, 3, 60, 60), chunks=(1, 1, 60, 60), dims=("row", "column", "y", "x"))
    plane = plane_of(stack, "drawing")
    assert (plane.down.name, plane.across.name, plane.layers) == ("row", "column", 1)
    film = replace(PLAIN, shape=(9, 60, 60), chunks=(1, 60, 60), dims=("t", "y", "x"))
    assert (plane_of(film, "drawing").across.name, plane_of(film, "drawing").layers) == ("x", 9)


def test_other_axes_become_sheets_behind():
    svg = drawing(replace(PLAIN, shape=(7, 100, 200), chunks=(1, 10, 20), dims=("t", "y", "x")))
    assert "Behind it: 6 more layers of chunks." in svg


def test_too_many_chunks_are_cut_out_and_said_to_be():
    svg = drawing(replace(PLAIN, shape=(100_000, 200_000), chunks=(1, 1)))
    assert "A cut-out: 48 × 48 of 100,000 × 200,000 chunks." in svg
    assert len(svg) < 100_000


def test_huge_numbers_cost_nothing():
    huge = replace(PLAIN, shape=(10**12, 10**12), chunks=(1, 10**12), shards=(10**12, 10**12))
    assert len(drawing(huge)) < 100_000


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"chunks": None}, "chunks not recorded"),
        ({"shape": None}, "shape not recorded"),
        ({"codecs": None}, "codecs not recorded"),
    ],
)
def test_what_is_not_known_is_said(changed, words):
    assert words in drawing(replace(PLAIN, **changed))


def test_without_shape_and_chunks_there_is_no_drawing():
    nothing = replace(PLAIN, shape=None, chunks=None)
    assert drawing(nothing) is None
    assert mark(nothing) is None


@pytest.mark.parametrize("shape", [(5,), (1,), (3, 1), (1, 4), (2, 2, 2, 2, 2, 2, 2, 2), (1, 10**9)])
def test_every_shape_can_be_drawn(shape):
    for chunks in (shape, (1,) * len(shape)):
        array = replace(PLAIN, shape=shape, chunks=chunks, dims=None)
        for svg in (mark(array), mark(array, "card"), drawing(array)):
            root = ET.fromstring(svg)
            assert root.get("role") == "img"
            assert root.find("title").text.startswith("Chunk fingerprint of ")
            assert not re.search(
                r"nan|inf|[Mvh ]-\d|--",
                "".join(e.get("d") or "" for e in root.iter("path")).replace("h-", "h"),
            )


def test_colours_are_variables_only():
    svg = drawing(replace(PLAIN, shards=(50, 100)))
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg)) <= {
        "none",
        "var(--ink)",
        "var(--hairline)",
        "var(--quiet)",
        *(f"var(--fetched-{number})" for number in range(1, 8)),
    }


def test_names_are_escaped():
    svg = drawing(replace(PLAIN, name="<script>", dims=("<b>", "&")))
    assert "<script>" not in svg
    assert "→ & 200 · chunks of 20" in texts(svg)


def test_the_drawing_is_the_same_every_time():
    assert drawing(PLAIN) == drawing(replace(PLAIN))


@pytest.mark.parametrize(
    ("codec", "family"),
    [
        ("blosc(cname=lz4, clevel=5)", "blosc-lz4"),
        ("blosc(clevel=5)", "blosc"),
        ("zstd(level=3)", "zstd"),
        ("bytes", "bytes"),
    ],
)
def test_codecs_have_families(codec, family):
    assert codec_family(codec) == family
