"""The page on which a selection is dragged: its numbers are those of `explain`, and of zarr."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import zarr
from playwright.sync_api import Page, expect
from zarr.abc.store import Store
from zarr.storage import LocalStore, WrapperStore

from outreach.errors import OutreachError
from outreach.figures.layouts import CHOICES, Box, Choice, StoredArray, open_choice
from outreach.figures.selection_page import (
    partial_numbers,
    partial_path,
    selection_page,
    whole_numbers,
    whole_path,
)
from outreach.node import install_packages, run_node
from outreach.paths import Project

OpenPage = Callable[..., Page]
PAGE = "library/try-it/"
BOXES = 60
ids = [choice.name for choice in CHOICES]


def random_boxes(stored: StoredArray, seed: int) -> list[Box]:
    """Return boxes of all sizes, some that begin and end at chunks, and the whole array."""
    rng = np.random.default_rng(seed)
    axes = stored.choice.axes
    lengths, sizes = [stored.array.shape[axis] for axis in axes], [stored.array.chunks[axis] for axis in axes]
    boxes: list[Box] = [(0, lengths[0], 0, lengths[1]), (0, 1, 0, 1)]
    while len(boxes) < BOXES:
        ends = []
        for length, size in zip(lengths, sizes, strict=True):
            reach = int(rng.integers(1, length + 1)) if rng.random() < 0.5 else int(rng.integers(1, 2 * size))
            low = int(rng.integers(0, length))
            if rng.random() < 0.3:
                low, reach = low // size * size, max(size, reach // size * size)
            ends += [low, min(length, low + reach)]
        boxes.append((ends[0], ends[1], ends[2], ends[3]))
    return boxes


@pytest.fixture(scope="module")
def counted(project: Project, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[StoredArray, Any, Any]]:
    """For each layout: the array, its boxes, and what the browser's modules say of each."""
    install_packages(project, tests=True)
    stored = [open_choice(project, choice) for choice in CHOICES]
    boxes = [random_boxes(array, seed) for seed, array in enumerate(stored)]
    path = tmp_path_factory.mktemp("cases") / "cases.json"
    cases = [{"layout": array.as_json(), "boxes": some} for array, some in zip(stored, boxes, strict=True)]
    path.write_text(json.dumps(cases))
    script = Path(__file__).with_name("selection-cases.ts")
    return list(zip(stored, boxes, json.loads(run_node(project, str(script), str(path))), strict=True))


@pytest.mark.parametrize("number", range(len(CHOICES)), ids=ids)
def test_the_browser_counts_what_explain_counts(counted: list[tuple[Any, Any, Any]], number: int) -> None:
    stored, boxes, results = counted[number]
    for box, result in zip(boxes, results, strict=True):
        plan = stored.array.explain(stored.key(box))
        assert result["wanted"] == plan.bytes_wanted
        assert result["partial"] == {
            "chunks": plan.chunks,
            "units": plan.units,
            "requests": plan.requests,
            "read": plan.bytes_read,
            "decoded": plan.bytes_decoded,
        }, box


@pytest.mark.parametrize("number", range(len(CHOICES)), ids=ids)
def test_the_still_picture_is_what_the_browser_draws(
    counted: list[tuple[Any, Any, Any]], number: int
) -> None:
    stored, boxes, results = counted[number]
    for box, result in zip(boxes, results, strict=True):
        numbers = whole_numbers(stored, box)
        expected = {
            "chunks": numbers.chunks,
            "units": numbers.units,
            "requests": numbers.requests,
            "read": numbers.read,
            "decoded": numbers.decoded,
        }
        assert result["whole"] == expected, box
        assert result["wholePath"] == whole_path(stored, box)
        assert result["partialPath"] == partial_path(stored, box)


class Counting(WrapperStore[LocalStore]):
    """Notes the bytes of every answer that is part of a chunk; ranges are merged as zarr merges them."""

    answers: ClassVar[list[int]] = []
    # That of the wrapped store would not come by.
    get_ranges = Store.get_ranges

    async def get(self, key: str, *args: Any, **options: Any) -> Any:
        value = await super().get(key, *args, **options)
        if value is not None and "zarr.json" not in key:
            self.answers.append(len(value))
        return value


@pytest.mark.parametrize("choice", [c for c in CHOICES if c.name != "shards"], ids=lambda c: c.name)
def test_the_reader_of_whole_chunks_reads_what_zarr_reads(project: Project, choice: Choice) -> None:
    stored = open_choice(project, choice)
    store = Counting(LocalStore(project.gallery_data / choice.sample, read_only=True))
    array = zarr.open_array(store, mode="r")
    for box in random_boxes(stored, 7)[:12]:
        Counting.answers.clear()
        assert np.array_equal(array[stored.key(box)], stored.array[stored.key(box)])
        numbers = whole_numbers(stored, box)
        assert (len(Counting.answers), sum(Counting.answers)) == (numbers.requests, numbers.read)


def test_of_shards_the_inner_chunks_that_zarr_reads_are_read(project: Project) -> None:
    choice = next(choice for choice in CHOICES if choice.name == "shards")
    stored = open_choice(project, choice)
    store = Counting(LocalStore(project.gallery_data / choice.sample, read_only=True))
    # zarr would fetch what lies between inner chunks too, so that they are one request.
    with zarr.config.set({"array.sharding_coalesce_max_gap_bytes": 0}):
        array = zarr.open_array(store, mode="r")
        for box in random_boxes(stored, 7)[:20]:
            Counting.answers.clear()
            assert np.array_equal(array[stored.key(box)], stored.array[stored.key(box)])
            numbers = whole_numbers(stored, box)
            # Of a shard that is touched everywhere zarr fetches the file at once, its index in it.
            assert sum(Counting.answers) == numbers.read
            assert len(Counting.answers) <= numbers.requests


def test_the_page_needs_samples_that_are_there(project: Project) -> None:
    lost = Choice("lost", "no-such-entry/sample.zarr", "", "", (0, 1), (0, 1, 0, 1))
    with pytest.raises(OutreachError, match=r"no-such-entry/sample\.zarr, found none"):
        open_choice(project, lost)
    missing = Choice("coasts", "philippine-coastlines/sample.zarr", "", "", (0, 1), (0, 1, 0, 1))
    with pytest.raises(OutreachError, match="75 missing chunks"):
        open_choice(project, missing)


def test_the_still_page_says_what_explain_says(project: Project) -> None:
    html = selection_page(project)
    stored = open_choice(project, CHOICES[0])
    numbers = partial_numbers(stored, CHOICES[0].box)
    assert f'data-bz-number="partial-bytes-read">{numbers.read:,}<' in html
    assert f'data-bz-number="partial-requests">{numbers.requests:,}<' in html


def shown(page: Page, name: str) -> str:
    return page.locator(f"[data-bz-number={name}]").inner_text()


@pytest.mark.browser
def test_a_drag_selects_and_the_address_restores_it(visit: OpenPage, project: Project) -> None:
    page = visit(PAGE)
    before = shown(page, "whole-bytes-read")
    drawing = page.locator("[data-bz-panel=partial] svg")
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.6 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.7 * box["height"], steps=3)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"\?layout=blosc&rows=\d+:\d+&columns=\d+:\d+$"))
    top, bottom, left, right = map(int, re.findall(r"\d+", page.url.partition("?")[2]))
    stored = open_choice(project, CHOICES[0])
    numbers = partial_numbers(stored, (top, bottom, left, right))
    assert shown(page, "partial-bytes-read") == f"{numbers.read:,}"
    assert shown(page, "whole-bytes-read") != before
    page.reload()
    assert shown(page, "partial-bytes-read") == f"{numbers.read:,}"
    page.get_by_role("button", name="Reset").click()
    expect(page).to_have_url(re.compile(f"{PAGE}$"))
    assert shown(page, "whole-bytes-read") == before


@pytest.mark.browser
def test_keys_move_the_frame_and_its_corner(visit: OpenPage) -> None:
    page = visit(PAGE)
    page.locator("[data-bz-panel=whole] svg").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[name=top]")).to_have_value("234")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[name=right]")).to_have_value("728")
    expect(page.locator("[data-bz-said]")).to_have_text(
        "Rows 234 to 264, columns 420 to 728: 27,720 bytes wanted."
    )


@pytest.mark.browser
def test_every_layout_can_be_chosen_and_typed_into(visit: OpenPage, project: Project) -> None:
    page = visit(PAGE, width=390, height=844)
    for choice in CHOICES[1:]:
        page.locator(f"label:has([value={choice.name}])").click()
        page.locator("[name=bottom]").fill(str(choice.box[0] + 7))
        stored = open_choice(project, choice)
        top, _, left, right = choice.box
        numbers = partial_numbers(stored, (top, top + 7, left, right))
        expect(page.locator("[data-bz-number=partial-requests]")).to_have_text(f"{numbers.requests:,}")
        expect(page.locator("[data-bz-number=partial-bytes-read]")).to_have_text(f"{numbers.read:,}")
        assert str(stored.array.access) in page.locator("[data-bz-about]").inner_text()


@pytest.mark.browser
def test_without_scripts_there_is_a_still_picture_with_its_numbers(visit: OpenPage) -> None:
    page = visit(PAGE, java_script_enabled=False)
    expect(page.locator(".bz-try__form")).to_be_hidden()
    assert page.locator("[data-bz-panel=partial] .fetched").get_attribute("d")
    assert shown(page, "partial-bytes-read") != shown(page, "whole-bytes-read")


@pytest.mark.browser
def test_the_first_drawing_of_the_script_is_the_still_one(visit: OpenPage) -> None:
    still = visit(PAGE, java_script_enabled=False)
    live = visit(PAGE)
    for part in ("fetched", "cells", "shards", "selected"):
        for panel in ("whole", "partial"):
            path = f"[data-bz-panel={panel}] .{part}"
            assert live.locator(path).get_attribute("d") == still.locator(path).get_attribute("d")
