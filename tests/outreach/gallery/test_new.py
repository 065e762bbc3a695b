"""`outreach gallery new`: every field by option and by question, never half an entry."""

import subprocess
import sys
from pathlib import Path

import pytest

from outreach.errors import OutreachError
from outreach.gallery.check import checker
from outreach.gallery.fields import assemble, fields
from outreach.gallery.questions import ALWAYS, GROUPS
from outreach.paths import Project
from outreach.reading import parse_yaml
from tests.outreach.gallery.adding_entries import FLAGS, added, everything, new


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", "from outreach.cli import main; main()", "gallery", "new", *arguments]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


def test_options_write_an_entry_that_passes_and_a_preview(checkout):
    done = command("--no-questions", *FLAGS, cwd=checkout.root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("wrote gallery_data/ocean-colour-day-by-day\n")
    assert "file://" in done.stderr
    entry = added(checkout)
    assert entry.people == ("Ada Example", "NO: the group")
    assert entry.title == "Ocean colour, day by day"
    page = checkout.root / "build" / "preview" / entry.slug / "index.html"
    assert "Chlorophyll at the sea surface" in page.read_text("utf-8")


def test_without_a_preview_the_entry_is_there_all_the_same(checkout):
    (checkout.root / "site" / "browser").unlink()
    done = new("--no-questions", *FLAGS)
    assert done.exit_code == 0
    assert "no preview: " in done.output
    assert added(checkout).year is None


def test_dry_run_prints_and_writes_nothing(checkout):
    before = sorted(checkout.root.rglob("*"))
    done = command("--no-questions", "--dry-run", *FLAGS, cwd=checkout.root)
    assert done.returncode == 0
    assert done.stdout.startswith("# yaml-language-server: ")
    assert sorted(checkout.root.rglob("*")) == before


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--licence", "BSD"), "--licence: expected an SPDX id, found 'BSD'; try 'BSD-3-Clause'"),
        (("--kind", "data"), "did you mean 'dataset'?"),
        (("--url", "https://www.example.org/tides/?utm_medium=x"), "the one in gallery_data/north-sea-tides"),
        (("--slug", "../escape"), "expected lower-case words"),
        (("--slug", "north-sea-tides"), "expected a new folder"),
        (("--slug", "people"), "expected another folder name"),
        (("--slug", "a" * 61), "expected lower-case words"),
        (("--title", "a\nb: c"), "--title: expected a title"),
        (("--title", "海の温度"), "choose a name with --slug"),
        (("--title", "Sea \N{RIGHT-TO-LEFT OVERRIDE}ruoloc"), "expected visible characters, found U+202E"),
        (("--year", "3.5"), "--year: expected a whole number"),
        (("--link", "Documentation"), "--link: expected text, found nothing"),
        (("--link", "Documentation | http://example.org"), "try 'https://example.org'"),
        (
            ("--array-name", "sst", "--array-shape", "4,4", "--array-chunks", "2"),
            "--array-chunks: expected 2",
        ),
        (("--array-shape", "4,-1"), "--array-shape: expected a whole number"),
        (("--added", "yesterday"), "--added: expected a date"),
    ],
)
def test_what_the_check_refuses_is_refused_by_option_and_nothing_is_written(checkout, flags, message):
    before = everything(checkout)
    done = new("--no-questions", *FLAGS, *flags)
    assert isinstance(done.exception, OutreachError)
    assert message in str(done.exception)
    assert everything(checkout) == before
    assert not (checkout.root / "build").exists()


def test_a_name_typed_in_another_encoding_is_refused_in_words(checkout):
    line = [sys.executable, "-c", "from outreach.cli import main; main()", "gallery", "new", "--no-questions"]
    line = [part.encode() for part in (*line, *FLAGS)] + [b"--person", b"J\xfcrgen"]
    done = subprocess.run(line, cwd=checkout.root, capture_output=True, check=False, timeout=60)
    assert done.returncode == 1
    assert b"expected UTF-8, found the byte 0xfc" in done.stderr.replace(b"\n", b" ")


def test_a_folder_whose_name_differs_only_in_case_is_taken(checkout):
    (checkout.gallery_data / "Ocean-Colour").mkdir()
    done = new("--no-questions", *FLAGS, "--slug", "ocean-colour")
    assert "found gallery_data/Ocean-Colour; choose another" in str(done.exception)


def text_for(field, number: int) -> list[str]:
    """Return what one types for `field`: something that the check takes."""
    known = {
        ("title",): "Ocean colour", ("kind",): "dataset", ("domain",): "ocean", ("licence",): "CC0-1.0",
        ("summary",): "Chlorophyll at the sea surface: one map a day.", ("year",): "2024",
        ("zarr_format",): "2", ("doi",): "10.1000/example", ("stored",): "1.4 TB",
        ("checked",): "2026-11-21", ("added",): "2026-11-22",
        ("array", "dtype"): "|u1", ("array", "name"): "sst", ("picture", "licence"): "CC0-1.0",
        ("array", "dims"): ["y", "x"], ("array", "codecs"): ["shuffle(size=4)", "blosc(cname=lz4, clevel=5)"],
        ("people",): ["Ada Example", "Ben Example"],
        ("links",): ["Documentation | https://example.org/docs", "Viewer | https://example.org/view"],
        ("found_by",): ["Cem Example | https://example.org/found"],
        ("sources",): ["The metadata of the store | https://example.org/a | abcdef1 | 2026-11-20"],
    }  # fmt: skip
    if field.path in known:
        value = known[field.path]
        return value if isinstance(value, list) else [value]
    if field.kind == "lengths":
        return ["4, 4"]
    if field.rule.get("format") in ("https-url", "store-url"):
        return [f"https://example.org/{number}"]
    return [f"Some words about the field {field.label}, number {number}"]


def everything_but_files() -> dict[tuple[str, ...], list[str]]:
    return {
        field.path: text_for(field, number) for number, field in enumerate(fields()) if field.kind != "file"
    }


def expected_data(skipped: tuple[str, ...]) -> dict[str, object]:
    by_path = {field.path: field for field in fields()}
    texts = everything_but_files()
    return assemble(
        {path: by_path[path].read(text) for path, text in texts.items() if path[0] not in skipped}
    )


def written(checkout: Project, slug: str) -> dict[str, object]:
    return parse_yaml((checkout.gallery_data / slug / "entry.yaml").read_bytes(), "entry").data


def test_every_field_of_the_schema_can_be_given_as_an_option(checkout, picture):
    flags = []
    for field in fields():
        if field.kind == "file" or field.path[0] == "sample":
            continue
        for text in everything_but_files()[field.path]:
            flags += [field.option, text]
    done = new("--no-questions", "--picture", str(picture), *flags)
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    data = written(checkout, "ocean-colour")
    expected = expected_data(("sample",))
    expected["picture"]["file"] = "picture.jpg"
    assert data == expected
    assert list(data) == [name for name in checker().schema["properties"] if name in data]


def test_options_and_questions_know_every_field_of_the_schema():
    def leaves(schema, above=()):
        for name, rule in schema["properties"].items():
            yield from leaves(rule, (*above, name)) if "properties" in rule else [(*above, name)]

    paths = set(leaves(checker().schema))
    assert {field.path for field in fields()} == paths
    asked = {path[0] for path in paths} - {"added"}  # the day is known without asking
    assert set(ALWAYS) | {start for _, starts in GROUPS for start in starts} == asked
    options = [field.option for field in fields()]
    assert len(set(options)) == len(options)


def test_every_field_can_be_given_as_an_answer(checkout, picture):
    texts = everything_but_files()
    parts = {"words": ", ", "rows": "; "}
    typed = [parts.get(field.kind, "").join(texts[field.path]) for name in ALWAYS for field in by(name)]
    typed += ["y", f'"{picture}"']
    typed += [texts[field.path][0] for field in by("picture") if field.kind != "file"]
    typed += ["n", "y"]
    typed += [parts.get(field.kind, "").join(texts[field.path]) for field in by("array")]
    typed += ["y"]
    more = [field for field in fields() if field.path[0] in GROUPS[-1][1]]
    typed += [parts.get(f.kind, "").join(texts[f.path]) if f.kind != "file" else "" for f in more]
    done = new("--added", "2026-11-22", answers="\n".join(typed) + "\n")
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    expected = expected_data(("sample",))
    expected["picture"]["file"] = "picture.jpg"
    assert written(checkout, "ocean-colour") == expected


def by(name: str):
    return [field for field in fields() if field.path[0] == name]


def test_questions_are_asked_until_the_answer_is_good(checkout):
    answers = [
        "Ocean colour",
        "http://example.org/ocean",
        "https://example.org/ocean",
        "data",
        "dataset",
        "ocean",
        "Chlorophyll at the sea surface: one map a day, in chunks of a whole year.",
        "",
        "Ada Example, Ben Example",
        "",
        "BSD",
        "CC-BY-4.0",
        "3",
        "n",
        "n",
        "n",
        "n",
    ]
    done = new("--added", "2026-11-22", answers="\n".join(answers) + "\n")
    assert done.exit_code == 0, done.output
    for said in ("did you mean 'dataset'?", "try 'https://example.org/ocean'", "try 'BSD-3-Clause'"):
        assert said in done.output
    assert "expected an answer, found none" in done.output
    entry = added(checkout, "ocean-colour")
    assert entry.people == ("Ada Example", "Ben Example")
    assert (entry.year, entry.licence, entry.zarr_format) == (None, "CC-BY-4.0", 3)
    assert [source.url for source in entry.sources] == ["https://example.org/ocean"]


def test_what_only_shows_in_the_whole_is_asked_again_and_no_answer_is_lost(checkout):
    answers = [
        *("海の温度", "https://www.example.org/tides/?utm_source=x", "dataset", "ocean"),
        *("Chlorophyll at the sea surface: one map a day.", "Ada Example", "", "", "", "n", "n", "n", "n"),
        # The title makes no name of a folder, the first one given is taken, the address is in the gallery.
        *("north-sea-tides", "sea-temperature", "https://example.org/sea-temperature"),
    ]
    done = new(answers="\n".join(answers) + "\n")
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    for said in ("choose a name with --slug", "expected a new folder", "the one in gallery_data/north-sea-"):
        assert said in done.output
    entry = added(checkout, "sea-temperature")
    assert (entry.title, entry.url) == ("海の温度", "https://example.org/sea-temperature")


@pytest.mark.parametrize("year", ["²", "٢٠٢٤", "9" * 5000])
def test_a_year_that_is_no_number_is_asked_for_again(checkout, year):
    flags = ["--licence", "MIT", "--zarr-format", "3", *FLAGS]
    done = new(*flags, answers=f"{year}\n2024\nn\nn\nn\nn\n")
    assert done.exit_code == 0, done.output
    assert "expected a whole number" in done.output
    assert added(checkout).year == 2024


def test_giving_up_half_way_writes_nothing(checkout):
    before = everything(checkout)
    assert new(answers="Ocean colour\n").exit_code != 0
    assert everything(checkout) == before
