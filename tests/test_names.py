"""Names of the field are spelt as their projects spell them, in everything that people read."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.prose import prose

ROOT = Path(__file__).parents[1]
NAMES: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text("utf-8"))
FOLDERS = (".github", "benchmarks", "gallery_data", "site", "sprint_issues", "zarr_partial")
KINDS = {".html", ".md", ".py", ".ts", ".yaml", ".yml"}


def parts(name: str) -> list[str]:
    """Return what a name is put together of: `ome` and `zarr`, `py` and `torch`."""
    return re.findall(r"[A-Z]*[a-z0-9]+|[A-Z]+", name)


def spellings(name: str) -> re.Pattern[str]:
    """Match the name in any capitals, its parts run together or apart; not within code or an address."""
    # With a version behind it, it is the package.
    before, after = r"(?<![\w./@#=:'\"‘“-])", r"(?![\w=(/\[]|[.:-]\w| \d+\.\d)"
    return re.compile(before + r"[-_ ]?".join(parts(name)) + after, re.IGNORECASE)


PATTERNS = [
    (name, {name, *others}, parts(name)[0].lower(), spellings(name)) for name, others in NAMES.items()
]


def mistakes(said: str) -> Iterator[tuple[str, str]]:
    """Yield each name that is spelt otherwise: as it is, and as it should be."""
    lower = said.lower()
    for name, allowed, first, pattern in PATTERNS:
        if first in lower:
            yield from ((found[0], name) for found in pattern.finditer(said) if found[0] not in allowed)


def read_by_people() -> list[Path]:
    """Return the files whose prose people read: those at the top, and those of the folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", ":(glob)*", *FOLDERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(ROOT / name for name in listed.split("\0") if Path(name).suffix in KINDS)


def test_every_name_is_spelt_as_its_project_spells_it() -> None:
    paths = read_by_people()
    assert {path.suffix for path in paths} == KINDS
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{number}: expected {name!r}, found {wrong!r}"
        for path in paths
        for number, said in prose(path)
        for wrong, name in mistakes(said)
    ]
    assert found == [], "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.md", "An array of numpy, on Github.", ["numpy", "Github"]),
        ("a.md", "By numpy 2.5.5, in numpy 3 times.", ["numpy"]),
        (
            "a.md",
            "---\ntitle: ZARR\nfigures: [zARR]\n---\nIn `numpy`, <code>Numpy</code> and [a](numpy.md).\n",
            ["ZARR"],
        ),
        (
            "a.md",
            "```python\nimport numpy  # numpy\n```\n<!-- numpy -->\nhttps://github.com/x numpy.ndarray",
            [],
        ),
        ("a.md", "| Ome-zarr | OME Zarr | zarr-python |", ["zarr-python", "Ome-zarr", "OME Zarr"]),
        (
            "a.yaml",
            "summary: >-\n  Read with\n  Pytorch or pip.\nfirst_command: uv run --with x numpy",
            ["Pytorch"],
        ),
        (
            "a.yaml",
            "issues:\n- number: 1\n  title: Make numpy faster\n  note: So says numpy itself",
            ["numpy"],
        ),
        ("a.py", 'def f():\n    """Return numpy values.\n\n    x : a numpy value\n    """', ["numpy"]),
        (
            "a.py",
            'raise ValueError("expected a Numpy array, found `numpy`")  # for Dask and DASK',
            ["Numpy", "DASK"],
        ),
        ("a.py", 'KINDS = {"numpy": "numpy", "dask": "in numpy: x"}', ["numpy"]),
        (
            "a.ts",
            'const a = "numpy"; // as in numpy\nsay("Not of Javascript at all");',
            ["numpy", "Javascript"],
        ),
    ],
)
def test_mistakes_are_found_in_prose_and_not_in_code(
    name: str, content: str, expected: list[str], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert sorted(wrong for _, said in prose(path) for wrong, _ in mistakes(said)) == sorted(expected)


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\ntitle: a\n---\n\n```\nx\n```\nnumpy\n", encoding="utf-8")
    assert [number for number, said in prose(path) if list(mistakes(said))] == [8]
