"""The array viewer as tests use it: opened, waited for, and its planes beside those of zarr."""

import base64
import itertools
from typing import Any

import numpy as np
from playwright.sync_api import Page

VIEWER = "[data-bz-viewer]"
SETTLED = f"""() => {{ const viewer = document.querySelector({VIEWER!r});
    return viewer && (viewer.dataset.bzIdle === 'true' || viewer.querySelector('[data-bz-failure]')) }}"""
PLANE = f"""async ([level, slices]) => {{
    const viewer = document.querySelector({VIEWER!r}).bzViewer;
    viewer.level(level);
    for (const [axis, index] of slices) viewer.slice(axis, index);
    const {{shape, dtype, bytes}} = await viewer.plane();
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) {{
        text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }}
    return [shape, dtype, btoa(text)];
}}"""


def settle(page: Page) -> None:
    """Wait until all that the view wants is drawn, or a failure is shown."""
    page.wait_for_function(SETTLED)


def open_sample(page: Page) -> None:
    page.locator("[data-bz-open]").click()
    settle(page)


def open_address(page: Page, address: str) -> None:
    """On the viewer's own page: paste and press."""
    page.locator("#viewer-url").fill(address)
    page.locator("[data-bz-viewer-page] button").click()
    settle(page)


def plane(page: Page, level: int, slices: dict[int, int]) -> tuple[list[int], str, bytes]:
    shape, dtype, text = page.evaluate(PLANE, [level, list(slices.items())])
    return shape, dtype, base64.b64decode(text)


def count(page: Page, name: str) -> int:
    """Return a number of the live count: fetched, chunks, bytes or requests."""
    return int(page.locator(".bz-viewer-counter").get_attribute(f"data-{name}") or "-1")


def assert_same_planes(page: Page, levels: list[Any]) -> None:
    """Compare every level byte for byte: all slices where they are few, else the first, middle and last."""
    sliders = page.evaluate(f"document.querySelector({VIEWER!r}).bzViewer.sliders")
    finest = levels[0].shape
    assert page.evaluate(f"document.querySelector({VIEWER!r}).bzViewer.levels") == len(levels)
    for number, array in enumerate(levels):
        choices = [
            range(length) if length <= 9 else (0, length // 2, length - 1)
            for length in (finest[axis] for axis in sliders)
        ]
        for places in itertools.product(*choices):
            shape, dtype, found = plane(page, number, dict(zip(sliders, places, strict=True)))
            index: list[int | slice] = [slice(None)] * array.ndim
            for axis, place in zip(sliders, places, strict=True):
                index[axis] = place * array.shape[axis] // finest[axis]
            expected = np.asarray(array[tuple(index)])
            # Colour is drawn last, wherever its axis stands.
            if expected.ndim == 3 and list(expected.shape) != shape:
                expected = np.moveaxis(expected, 0, -1)
            assert list(expected.shape) == shape
            assert expected.dtype.newbyteorder("=") == np.dtype(dtype)
            native = np.ascontiguousarray(expected).astype(expected.dtype.newbyteorder("<"))
            assert native.tobytes() == found
