"""The model of many workers agrees with a simulation that does not know it, and with the code on its page."""

import re
from pathlib import Path

import pytest

from outreach.figures.scaling import READERS, STORE, WORKERS, scaling, simulated
from outreach.figures.scaling_model import Reader, Store, dollars, limits, rows_per_second, simulate
from outreach.paths import Project

ROOT = Path(__file__).parents[3]
SMALL = Reader("small", 1, 1_000, in_flight=4)


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_the_simulation_is_within_a_tenth_of_the_model(reader, workers):
    model = rows_per_second(STORE, reader, workers)
    assert 0.9 <= simulated()[reader.name, workers] / model <= 1.05


@pytest.mark.parametrize(
    ("changed", "short"),
    [
        ({"latency_seconds": 1.0}, "the workers"),
        ({"network_bytes_per_second": 50_000.0}, "the network"),
        ({"requests_per_second": 40.0}, "the store"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_limit_is_found_by_the_simulation_too(changed, short):
    store = Store(**{"latency_seconds": 0.01, **changed})
    allowed = limits(store, SMALL, 20)
    assert min(allowed, key=allowed.get) == short
    assert simulate(store, SMALL, 20, seed=1, rounds=60) == pytest.approx(min(allowed.values()), rel=0.1)


def test_where_two_limits_meet_the_model_is_too_friendly():
    # Four requests on their way, each 10 ms: 400 a second, as many as the store admits.
    store = Store(latency_seconds=0.01, connection_bytes_per_second=1e12, requests_per_second=400)
    ratio = simulate(store, SMALL, 1, seed=1, rounds=500) / rows_per_second(store, SMALL, 1)
    assert 0.6 < ratio < 0.97


def test_a_simulation_is_the_same_for_a_seed_and_differs_between_seeds():
    first, again, other = (simulate(STORE, SMALL, 3, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_requests_are_what_is_paid_for():
    assert dollars(Store(dollars_per_request=0.5), READERS[2], 32) == pytest.approx(1.0)


def test_the_code_on_the_page_is_the_model():
    page = (ROOT / "site/pages/library/scaling.md").read_text("utf-8")
    (code,) = re.findall("```python\n(.*?)```", page, re.DOTALL)
    named = {}
    exec(code, named)
    for reader in READERS:
        for workers in WORKERS:
            ours = rows_per_second(STORE, reader, workers)
            theirs = named["rows_per_second"](workers, reader.bytes_per_request, reader.rows_per_request)
            assert theirs == pytest.approx(ours)
        assert named["dollars"](5e5, reader.rows_per_request) == pytest.approx(dollars(STORE, reader, 5e5))


def test_the_figure_says_what_the_text_says():
    html = scaling(Project(ROOT))
    page = (ROOT / "site/pages/library/scaling.md").read_text("utf-8")
    assert "5,500 a second" in html
    assert "5,500 GET requests a second" in page
    assert re.search(r"<td>whole chunks</td>.*<td>the network</td>", html)
    assert re.search(r"<td>parts</td>.*<td>the store</td>", html)
