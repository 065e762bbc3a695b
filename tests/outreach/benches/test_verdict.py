"""Faster means separated intervals and a factor; noise means no clear difference."""

import random

import pytest

from outreach.benches.quantities import MEMORY, RATE, REQUESTS
from outreach.benches.results import Measurement, State
from outreach.benches.verdict import Verdict, compare, fastest


def measured(value, low=None, high=None):
    return Measurement(State.MEASURED, value, low, high, 20)


SKIPPED = Measurement(State.SKIPPED)


@pytest.mark.parametrize(
    ("this", "other", "verdict"),
    [
        (measured(1, 0.9, 1.1), measured(10, 9, 11), Verdict.FASTER),
        (measured(10, 9, 11), measured(1, 0.9, 1.1), Verdict.SLOWER),
        (measured(1, 0.5, 9.5), measured(10, 9, 11), Verdict.UNCLEAR),
        (measured(10, 1, 11), measured(1, 0.9, 1.1), Verdict.UNCLEAR),
        (measured(1, 0.99, 1.01), measured(1.1, 1.09, 1.11), Verdict.UNCLEAR),
        (measured(1.1, 1.09, 1.11), measured(1, 0.99, 1.01), Verdict.UNCLEAR),
        (measured(1, None, None), measured(10, 9, 11), Verdict.UNCLEAR),
        (measured(1, 0.9, 1.1), measured(10, None, 11), Verdict.UNCLEAR),
        (measured(1, None, 1.1), measured(10, 9, None), Verdict.FASTER),
        (SKIPPED, measured(1, 0.9, 1.1), Verdict.UNKNOWN),
        (measured(1, 0.9, 1.1), SKIPPED, Verdict.UNKNOWN),
    ],
    ids=[
        "faster", "slower", "touching, faster", "touching, slower", "separated but 10 % faster",
        "separated but 10 % slower", "no interval", "other unbounded below", "bounded where it counts",
        "skipped", "other skipped",
    ],
)  # fmt: skip
def test_verdict(this, other, verdict):
    assert compare(this, other).verdict is verdict


def test_ratio_and_its_interval_say_how_many_times_faster():
    found = compare(measured(2, 1.6, 2.5), measured(10, 9, 12))
    assert (found.ratio, found.low, found.high) == (5, pytest.approx(3.6), pytest.approx(7.5))


def test_two_series_from_one_distribution_show_no_clear_difference():
    random.seed(0)
    for _ in range(200):
        pair = []
        for _ in range(2):
            samples = sorted(random.gauss(1.0, 0.1) for _ in range(20))
            # The 99 % interval of a median of 20 samples: ranks 4 and 17, as asv takes them.
            pair.append(measured((samples[9] + samples[10]) / 2, samples[3], samples[16]))
        assert compare(*pair).verdict is Verdict.UNCLEAR


def test_fastest_ignores_what_has_no_number():
    assert fastest({"a": measured(2), "b": SKIPPED, "c": measured(1)}) == "c"
    assert fastest({"b": SKIPPED}) is None


def test_of_rates_the_larger_one_is_better():
    found = compare(measured(1000, 900, 1100), measured(100, 90, 110), RATE)
    assert (found.verdict, found.ratio) == (Verdict.FASTER, pytest.approx(10))
    assert (found.low, found.high) == (pytest.approx(900 / 110), pytest.approx(1100 / 90))
    assert fastest({"a": measured(2), "b": measured(5)}, RATE) == "b"


def test_what_is_counted_needs_no_interval():
    assert compare(measured(64), measured(128), REQUESTS).verdict is Verdict.FASTER
    assert compare(measured(128), measured(64), REQUESTS).verdict is Verdict.SLOWER
    assert compare(measured(64), measured(64), REQUESTS).verdict is Verdict.UNCLEAR


def test_one_sample_is_no_verdict_however_far_apart():
    one, other = Measurement(State.MEASURED, 1.0), Measurement(State.MEASURED, 1000.0)
    assert compare(one, other, MEMORY).verdict is Verdict.SINGLE
