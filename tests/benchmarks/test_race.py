"""A race is fair, checks what it times, and states what its ratio is worth."""

import numpy as np
import pytest
from suite.checked import WrongValuesError
from suite.race import Effort, fastest, median_interval, race, ratio

SOURCE = np.arange(100)
EFFORT = Effort(rounds=6, seconds=0.0, most=6)


class Reader:
    def __init__(self, name, log, change=lambda found: found):
        self.name, self.log, self.change = name, log, change

    def prepare(self, places):
        self.places = places

    def run(self):
        self.log.append((self.name, tuple(self.places[0])))
        return [self.change(SOURCE[place]) for place in self.places]


def draw(random):
    return [random.integers(0, 100, 3)]


def test_all_contenders_read_the_same_places_in_rotating_order():
    log = []
    seconds = race({name: Reader(name, log) for name in "abc"}, draw, SOURCE, EFFORT)
    rounds = [log[start : start + 3] for start in range(0, len(log), 3)]
    assert len(rounds) == 1 + 6
    for one in rounds:
        assert len({places for _, places in one}) == 1
    assert ["".join(name for name, _ in one) for one in rounds[1:]] == ["abc", "bca", "cab"] * 2
    assert {name: len(spent) for name, spent in seconds.items()} == {"a": 6, "b": 6, "c": 6}


def test_places_read_again_were_read_by_the_same_contender_before_the_clock():
    log = []
    race({name: Reader(name, log) for name in "ab"}, draw, SOURCE, EFFORT, again=True)
    assert len(log) == 2 * 2 * 7
    assert log[::2] == log[1::2]


def test_no_two_rounds_read_the_same_places():
    log = []
    race({"a": Reader("a", log)}, draw, SOURCE, EFFORT)
    assert len(set(log)) == 7


def test_a_wrong_answer_ends_the_race():
    contenders = {"a": Reader("a", []), "b": Reader("b", [], lambda found: found + 1)}
    with pytest.raises(WrongValuesError, match="found 3 of 3 others"):
        race(contenders, draw, SOURCE, EFFORT)


def test_an_answer_too_few_ends_the_race():
    class Silent(Reader):
        def run(self):
            return []

    with pytest.raises(ValueError, match="zip"):
        race({"a": Silent("a", [])}, draw, SOURCE, EFFORT)


def test_who_is_left_out_after_three_rounds_runs_no_further():
    log = []
    seconds = race(
        {name: Reader(name, log) for name in "abc"}, draw, SOURCE, EFFORT, keep=lambda found: {"a", "c"}
    )
    assert set(seconds) == {"a", "c"}
    assert [name for name, _ in log].count("b") == 1 + 3
    assert len(seconds["a"]) == len(seconds["c"]) == 6


def test_the_fastest_has_the_least_median():
    assert fastest({"a": [1, 9, 9], "b": [5, 5, 5], "c": [6, 6, 0]}) == "b"


def test_a_ratio_is_the_median_of_the_rounds_not_the_ratio_of_medians():
    found = ratio([1.0, 10.0, 100.0], [1.0, 5.0, 200.0])
    assert found.value == 1.0
    assert (found.low, found.high, found.rounds) == (0.5, 2.0, 3)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    # The ranks of the sign test at 95 %, counted from 1: checked by binomial sums.
    [(6, 1, 6), (15, 4, 12), (20, 6, 15), (100, 40, 61), (3, 1, 3)],
)
def test_interval_of_the_median_has_the_ranks_of_the_sign_test(count, low, high):
    values = list(range(1, count + 1))
    assert median_interval(values[::-1]) == (low, high)


def test_interval_holds_the_median_of_its_source_as_often_as_it_says():
    random = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        low, high = median_interval(random.exponential(1.0, 21).tolist())
        hits += low <= np.log(2) <= high
    assert hits / 400 > 0.92
