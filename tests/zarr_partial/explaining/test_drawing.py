"""Pictures of plans: what is filled is what is touched, and everything has its words."""

import shutil
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import zarr
from hypothesis import given, note, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, BytesCodec, ShardingCodec, ZstdCodec
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.explaining.cases import arrays, keys
from tests.zarr_partial.explaining.oracle import count
from zarr_partial.explaining import picture

mpl.use("Agg")

import matplotlib.pyplot as plt

# zarr warns when it writes what we only read.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification"),
    pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads"),
]

FETCHED = (0xE0 / 255, 0x10 / 255, 0x73 / 255)
ROWS = np.arange(60 * 40, dtype="<i4").reshape(60, 40)


@pytest.fixture(autouse=True)
def no_figure_stays():
    yield
    plt.close("all")


def drawn(ax):
    """Return the labels of the legend."""
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def filled(ax, alpha=1.0):
    """Return the rectangles filled with the colour of what is fetched: x0, x1, y0, y1."""
    found = set()
    for collection in ax.collections:
        colours = collection.get_facecolor()
        if len(colours) and np.allclose(colours[0], (*FETCHED, alpha)):
            for path in collection.get_paths():
                (x0, y0), (x1, y1) = path.vertices.min(axis=0), path.vertices.max(axis=0)
                found.add((x0, x1, y0, y1))
    return found


@settings(max_examples=90)
@given(data=st.data())
def test_blocks_cover_the_elements_that_lie_in_them(data, tmp_path_factory):
    # Where chunks have several shapes, how much of each is read is a shade.
    array, stored = data.draw(
        arrays(tmp_path_factory.getbasetemp()).filter(
            lambda pair: pair[1].codec == "blosc" and not pair[1].edges
        )
    )
    key, take = data.draw(keys(array.shape), label="key")
    note(f"{stored} {array.shape} {key!r}")
    plan = zp.open(array).explain(key)
    counted = count(array, stored, take)
    down, across = shown_sides(plan)
    got = np.zeros((down.length, across.length), dtype=bool)
    missing = plan.uses.missing
    for top, bottom, left, right in picture.block_rectangles(
        plan.picture, plan.array_shape, plan.chunk_shape, missing, down, across
    ):
        got[int(top) : int(bottom), int(left) : int(right)] = True
    want = np.zeros(array.shape, dtype=bool)
    selected = np.isin(
        np.arange(array.size).reshape(array.shape), take(np.arange(array.size).reshape(array.shape))
    )
    for leaf in counted.leaves - counted.missing:
        region = tuple(
            slice(n * size, (n + 1) * size) for n, size in zip(leaf, stored.levels[-1], strict=True)
        )
        # Of a chunk that Blosc stored uncompressed, the elements alone are read.
        want[region] |= selected[region]
        if leaf in counted.blocks:
            want |= touched_elements(array, stored, leaf, counted.blocks[leaf], plan)
    others = tuple(axis for axis in range(array.ndim) if axis not in (down.axis, across.axis))
    np.testing.assert_array_equal(got, want.any(axis=others).reshape(got.shape))
    shutil.rmtree(Path(array.store.root).parent)


def shown_sides(plan):
    per_shard = (1,) * len(plan.array_shape)
    return picture.sides(
        plan.array_shape, plan.grid_shape, plan.chunk_shape, per_shard, plan.uses.coordinates, None, None
    )


def touched_elements(array, stored, leaf, blocks, plan):
    """Return which elements of the array lie in the touched blocks of a leaf, wherever they begin."""
    shape, item = stored.levels[-1], array.dtype.itemsize
    (use,) = (use for use in plan.uses if use.coordinates == leaf)
    place = list(plan.uses).index(use)
    blocksize = int(plan.picture.blocksizes[place])
    numbers = np.arange(np.prod(shape)).reshape([shape[axis] for axis in stored.axes])
    numbers = numbers.transpose(np.argsort(stored.axes))
    first, last = numbers * item // blocksize, ((numbers + 1) * item - 1) // blocksize
    inside = np.isin(first, list(blocks)) | np.isin(last, list(blocks))
    elements = np.zeros(array.shape, dtype=bool)
    region = tuple(slice(n * size, (n + 1) * size) for n, size in zip(leaf, shape, strict=True))
    elements[region] = inside[tuple(slice(0, n) for n in elements[region].shape)]
    return elements


def test_elements_are_drawn_where_they_are(make):
    partial = zp.open(make(data=ROWS, chunks=(20, 20)))
    ax = partial.explain((slice(5, 30), slice(10, 25))).plot()
    assert filled(ax) == {(10, 25, 5, 30)}
    assert filled(ax, 0.2) == {(0, 20, 0, 20), (20, 40, 0, 20), (0, 20, 20, 40), (20, 40, 20, 40)}
    assert ax.get_title() == "4 of 6 chunks touched\n1.5 kB wanted, 1.5 kB read"
    assert drawn(ax) == ["chunk touched", "elements read", "chunk"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("axis 1", "axis 0")
    # The first row is on top.
    assert ax.get_ylim() == (60, 0)


def test_thin_rows_are_drawn_thick_enough_to_be_seen(make):
    data = np.zeros((100_000, 10), "u1")
    data[:] = 1
    ax = zp.open(make(data=data, chunks=(50_000, 10))).explain(77).plot()
    ((_, _, top, bottom),) = filled(ax)
    pixels = (bottom - top) / 100_000 * ax.get_window_extent().height
    assert 1.5 < pixels < 2
    assert (top + bottom) / 2 == pytest.approx(77.5)


def test_blocks_selection_and_missing_chunks_are_told_apart(make):
    blosc = BloscCodec(cname="zstd", blocksize=256)
    array = make(data=ROWS, chunks=(20, 20), compressors=blosc)
    Path(array.store.root, "c/0/1").unlink()
    plan = zp.open(array).explain((slice(5, 12), slice(0, 30)))
    ax = plan.plot()
    assert drawn(ax) == ["chunk touched", "blocks decoded", "touched, not stored", "chunk", "selected"]
    assert ax.get_title().startswith("2 of 6 chunks touched, 3 of 7 blocks decoded\n840 B wanted")
    assert sum(collection.get_hatch() is not None for collection in ax.collections) == 1


def test_edge_chunks_end_with_the_array(make):
    partial = zp.open(make(data=ROWS, chunks=(25, 30), compressors=ZstdCodec()))
    ax = partial.explain((59, slice(25, 35))).plot()
    assert filled(ax) == {(0, 30, 50, 60), (30, 40, 50, 60)}
    assert drawn(ax) == ["chunks decoded", "chunk", "selected"]


def test_inner_chunks_lie_in_shards(make):
    partial = zp.open(make(data=ROWS, chunks=(10, 10), shards=(20, 20), compressors=ZstdCodec()))
    ax = partial.explain((slice(0, 15), 5)).plot()
    assert filled(ax) == {(0, 10, 0, 10), (0, 10, 10, 20)}
    assert drawn(ax) == ["inner chunks decoded", "inner chunk", "shard", "selected"]
    assert ax.get_title().startswith("2 of 24 inner chunks touched")


def test_a_line_is_drawn_for_one_axis(make):
    data = np.arange(1000, dtype="<i4")
    ax = zp.open(make(data=data, chunks=(100,))).explain(slice(250, 420)).plot()
    assert filled(ax) == {(250, 420, 0, 1)}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("axis 0", "")
    assert list(ax.get_yticks()) == []


def test_of_many_axes_the_telling_ones_are_drawn(make):
    data = np.ones((8, 6, 12), "u1")
    partial = zp.open(make(data=data, chunks=(2, 2, 2)))
    plan = partial.explain((0, slice(None), slice(3, 5)))
    ax = plan.plot()
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("axis 0", "axis 2")
    assert ax.get_title().endswith("\ntouched anywhere along axis 1")
    assert filled(ax) == {(3, 5, 0, 1)}
    other = plan.plot(axes=(2, -2))
    assert (other.get_ylabel(), other.get_xlabel()) == ("axis 2", "axis 1")
    for axes, message in (((0, 3), "expected two axes of 3"), ((1, 1), "axis 1 twice")):
        with pytest.raises(ValueError, match=message):
            plan.plot(axes=axes)


def test_many_chunks_share_cells_and_shades(make):
    data = np.ones((640, 640), "u1")
    partial = zp.open(make(data=data, chunks=(8, 8), shards=(64, 64)))
    ax = partial.explain((slice(0, 640, 16), slice(None))).plot()
    assert drawn(ax) == ["1 of 64 chunks touched", "all 64"]
    # Every other row of chunks in every cell.
    assert filled(ax, 0.2 + 0.8 / 2) != set()


def test_a_small_part_of_many_chunks_is_cut_out(make):
    data = np.ones((640, 8), "u1")
    partial = zp.open(make(data=data, chunks=(8, 8)))
    ax = partial.explain((slice(320, 340), 1)).plot()
    assert ax.get_ylabel() == "axis 0, cut out of 640"
    assert ax.get_ylim() == (360, 304)
    assert filled(ax) != set()


def test_too_many_blocks_are_shaded(make, monkeypatch):
    monkeypatch.setattr(picture, "MAX_RECTANGLES", 10)
    data = np.tile(np.arange(400, dtype="<i4"), (60, 1))
    partial = zp.open(make(data=data, chunks=(20, 100), compressors=BloscCodec(cname="zstd", blocksize=128)))
    ax = partial.explain((slice(None, None, 4), slice(None, None, 90))).plot()
    assert drawn(ax)[:2] == ["few blocks decoded", "all blocks"]


@pytest.mark.parametrize(
    "kind", ["nothing", "missing", "no axes", "strings", "memory", "odd key", "points", "mask"]
)
def test_every_plan_can_be_drawn(make, kind):
    array, key = make(data=ROWS, chunks=(20, 20), compressors=BloscCodec(blocksize=256)), slice(3, 9)
    if kind == "nothing":
        key = slice(0, 0)
    elif kind == "missing":
        shutil.rmtree(Path(array.store.root, "c"))
    elif kind == "no axes":
        array, key = make("b.zarr", data=np.array(7), chunks=()), ()
    elif kind == "strings":
        array = make("b.zarr", data=np.array(["a", "bcd"] * 10, dtype="T"), chunks=(5,))
    elif kind == "memory":
        array = zarr.create_array(MemoryStore(), data=ROWS, chunks=(10, 10), shards=(20, 20))
    elif kind == "odd key":
        key = ([0, 59], np.arange(40) % 2 == 0)
    elif kind == "points":
        key = ([0, 59], [3, 4])
    elif kind == "mask":
        key = ROWS % 7 == 0
    ax = zp.open(array).explain(key).plot()
    ax.figure.canvas.draw()
    assert "touched" in ax.get_title()


def test_chunks_of_several_shapes_are_drawn_as_they_are(tmp_path):
    array = zarr.create_array(tmp_path / "a.zarr", shape=(10,), chunks=[[3, 7]], dtype="i4")
    array[:] = 1
    ax = zp.open(array).explain(slice(4, 6)).plot()
    assert filled(ax) == {(3, 10, 0, 1)}


def test_blocks_of_chunks_of_several_shapes_are_a_shade(tmp_path):
    blosc = BloscCodec(blocksize=128, typesize=4)
    array = zarr.create_array(tmp_path / "a.zarr", data=ROWS, chunks=[[10, 20, 30], 40], compressors=blosc)
    plan = zp.open(array).explain(slice(12, 14))
    assert (plan.units, plan.units_in_chunks) == (3, 25)
    ax = plan.plot()
    assert filled(ax, 0.2 + 0.8 * 3 / 25) == {(0, 40, 10, 30)}


def test_shards_of_several_shapes_are_outlined_as_they_are(tmp_path):
    inner = ShardingCodec(chunk_shape=(2, 4), codecs=[BytesCodec(), ZstdCodec()])
    grid = {"shape": (20, 8), "chunks": [[4, 12, 4], 8]}
    array = zarr.create_array(tmp_path / "a.zarr", **grid, dtype="i4", serializer=inner, compressors=None)
    array[:] = 1
    ax = zp.open(array).explain((slice(5, 7), slice(0, 3))).plot()
    assert "2 of 20 inner chunks touched" in ax.get_title()
    assert drawn(ax) == ["inner chunks decoded", "inner chunk", "shard", "selected"]
    assert filled(ax) == {(0, 4, 4, 6), (0, 4, 6, 8)}
    thick = [lines for lines in ax.collections if list(lines.get_linewidths()) == [1.8]]
    rows = {
        segment[0][1] for lines in thick for segment in lines.get_segments() if segment[0][1] == segment[1][1]
    }
    assert rows == {0, 4, 16, 20}


def test_an_axes_of_the_users_is_drawn_into(make):
    _, axes = plt.subplots(1, 2, layout="constrained")
    plan = zp.open(make()).explain(3)
    assert plan.plot(axes[1]) is axes[1]
    assert not list(axes[0].collections)
    assert len(plt.get_fignums()) == 1


def test_colours_follow_the_users_style(make):
    plan = zp.open(make(compressors=ZstdCodec(), chunks=(10, 6))).explain(slice(2, 8))
    with plt.style.context("dark_background"):
        ax = plan.plot()
        edges = {tuple(edge) for collection in ax.collections for edge in collection.get_edgecolor()}
    assert (1.0, 1.0, 1.0, 1.0) in edges
    assert filled(ax)


def test_without_matplotlib_the_error_says_what_to_install(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install 'zarr-partial\[plot\]'"):
        zp.open(make()).explain(0).plot()
