"""The one YAML reader: what it refuses, where it points, and which values it makes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.paths import Project
from outreach.reading import MAX_BYTES, MAX_DEPTH, Problem, ProblemsError, parse_yaml, read_yaml


def refusals(content: bytes) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        parse_yaml(content, "f.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("14:00", "14:00"),
        ("3.10", "3.10"),
        ("3.1", 3.1),
        ("007", "007"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("1e5", "1e5"),
        (".nan", ".nan"),
        ("9" * 5000, "9" * 5000),
        ("-5", -5),
        ("0", 0),
        ("2026-11-22", "2026-11-22"),
        ("2022-12-02T17:00:00+00:00", "2022-12-02T17:00:00+00:00"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'null'", "null"),
        ('"12"', "12"),
    ],
)
def test_scalars_stay_what_was_written(written, value):
    found = parse_yaml(f"key: {written}\n".encode(), "f.yaml").data["key"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_always_text():
    assert parse_yaml(b"1: a\nnull: b\ntrue: c\n", "f").data == {"1": "a", "null": "b", "true": "c"}


def test_marks_point_at_keys_and_items():
    document = parse_yaml(b"a:\n  - x\n  - b: 1\n    c: {d: 2}\n", "f.yaml")
    assert document.marks == {
        (): (1, 1),
        ("a",): (1, 1),
        ("a", 0): (2, 5),
        ("a", 1): (3, 5),
        ("a", 1, "b"): (3, 5),
        ("a", 1, "c"): (4, 5),
        ("a", 1, "c", "d"): (4, 9),
    }


def test_a_problem_at_a_missing_place_points_at_what_holds_it():
    document = parse_yaml(b"a:\n  b: 1\n", "f.yaml")
    assert str(document.problem(("a", "c", 0, "d"), "text")) == "f.yaml:1:1: a.c[0].d: text"


def test_line_ends_and_a_byte_order_mark_make_no_difference():
    assert parse_yaml(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "f").data == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: &x 1\n", "f.yaml:1:4: expected no anchor, found '&x'; remove it, or quote the value"),
        (b"a: ! x\n", "f.yaml:1:4: expected no tag, found '!'; remove it, or quote the value"),
        (b"a: \x00\n", "f.yaml:1:4: expected visible characters, found U+0000; remove it"),
        (b"a: \xc2\x85\n", "f.yaml:1:4: expected visible characters, found U+0085; remove it"),
        (b"? [a]\n: b\n", "f.yaml:1:3: expected a field name, found a list or mapping; write a plain name"),
        (
            b"a: 1\n b: 2\n",
            (
                "f.yaml:2:3: expected one ': ' per line, found 'b: 2'; "
                "align it with the field above, or put the value in quotes"
            ),
        ),
        (
            b"a: b\nc\nd: e\n",
            "f.yaml:2:1: expected 'field: value', found 'c'; add the colon and a space, or indent the line",
        ),
    ],
)
def test_mistakes_are_explained(content, expected):
    assert refusals(content) == [expected]


def test_every_refused_construct_is_reported_at_once():
    assert len(refusals(b"a: &x 1\nb: *x\nc: !t 2\n")) == 3


def test_depth_up_to_the_limit_is_read():
    inside = MAX_DEPTH - 1
    parse_yaml(b"a: " + b"[" * inside + b"]" * inside, "f")
    assert "at most 20 levels" in refusals(b"a: " + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)[0]


def test_a_deep_file_is_refused_without_recursion():
    assert "at most 20 levels" in refusals(b"a: " + b"[" * 60_000)[0]


def test_a_large_file_is_refused_before_it_is_read_whole(tmp_path):
    path = tmp_path / "large.yaml"
    path.write_bytes(b"a: " + b"x" * MAX_BYTES)
    with pytest.raises(ProblemsError, match="at most 64 kB"):
        read_yaml(path, Project(tmp_path))


def test_messages_name_the_file_from_the_checkout(tmp_path):
    folder = tmp_path / "part"
    folder.mkdir()
    with pytest.raises(ProblemsError, match=r"^part/none\.yaml:1:1: expected a readable file"):
        read_yaml(folder / "none.yaml", Project(tmp_path))
    with pytest.raises(ProblemsError, match=r"^part:1:1: expected a readable file"):
        read_yaml(folder, Project(tmp_path))


def test_problems_become_json():
    problem = Problem("f", 1, 2, "a", "text")
    assert problem.as_dict() == {"file": "f", "line": 1, "column": 2, "field": "a", "message": "text"}


@given(st.binary(max_size=200) | st.text("ab:-[]{}&*!|>'\"#%@`,? \t\n", max_size=60).map(str.encode))
def test_no_input_raises_anything_but_problems(content):
    problems: tuple[Problem, ...] = ()
    try:
        data = parse_yaml(content, "f.yaml").data
    except ProblemsError as error:
        data, problems = None, error.problems
    assert bool(problems) != isinstance(data, dict | list)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)
    assert all(str(problem).isprintable() for problem in problems)


def test_the_reader_knows_no_python_objects(tmp_path: Path):
    target = tmp_path / "made"
    content = f"a: !!python/object/apply:pathlib.Path.touch ['{target}']\n".encode()
    assert "expected no tag" in refusals(content)[0]
    assert not target.exists()


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("# schema\ntitle Blue Marble\nkind: dataset\n", 2, "title Blue Marble"),
        ('a: 1\nsources:\n  - found_in "x"\n    url: y\n', 3, '- found_in "x"'),
    ],
)
def test_line_without_its_colon_is_the_one_named(text, line, found):
    told = f"f.yaml:{line}:1: expected 'field: value', found {found!r}; add the colon"
    assert refusals(text.encode()) == [told]


def test_text_that_goes_on_is_not_taken_for_a_field():
    (told,) = refusals(b"a: 1\nsummary: long text\n  goes on here\n  note: oops\n")
    assert told.startswith("f.yaml:4:")
