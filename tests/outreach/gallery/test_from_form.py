"""A filled form becomes one folder, or messages that name the line of the form; whoever wrote it.

`REWRITE_GOLDEN=1 uv run pytest tests/outreach/gallery` rewrites forms/*.txt; read the diff then.
"""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from outreach.cli import outreach
from outreach.errors import OutreachError
from outreach.gallery.check import check_gallery
from outreach.gallery.from_form import read_form
from outreach.reading import ProblemsError
from tests.outreach.gallery.filled import ANSWERS, filled

EXPECTED = Path(__file__).parent / "forms"
SUMMARY = ANSWERS["Summary"]
# What strangers may write into the form; each is a body, and forms/<name>.txt says what is reported.
BODIES = {
    "empty": "",
    "a-letter-instead-of-the-form": "Dear maintainers,\n\nplease add my data.\n",
    "all-left-out": filled({}),
    "several-mistakes": filled(
        {**ANSWERS, "Kind": "data", "Licence": "BSD", "Year": "next", "DOI": "https://x"}
    ),
    "address-javascript": filled({**ANSWERS, "Address": "javascript:alert(1)"}),
    "second-link-is-http": filled(
        {**ANSWERS, "Links": "Docs | https://example.org/a\r\nMore | http://b.org"}
    ),
    "person-too-long": filled({**ANSWERS, "People": f"Ada Example\r\n{'x' * 90}"}),
    "heading-twice": filled({**ANSWERS, "Summary": f"{SUMMARY}\r\n### Licence\r\nMIT"}),
    "heading-in-a-fence": filled({**ANSWERS, "Summary": f"{SUMMARY}\r\n```\r\n### Licence\r\n```"}),
    "fence-of-tildes": filled({**ANSWERS, "Summary": f"~~~yaml\r\n{SUMMARY}\r\n~~~"}),
    "unknown-heading": filled({**ANSWERS, "Summary": f"{SUMMARY}\r\n### Sumary\r\n### Buy this"}),
    "hidden-comment": filled({**ANSWERS, "Summary": f"{SUMMARY} <!-- and this -->"}),
    "text-that-turns-round": filled({**ANSWERS, "Title": "Ocean \N{RIGHT-TO-LEFT OVERRIDE}ruoloc"}),
    "zero-width": filled({**ANSWERS, "People": "Ada\N{ZERO WIDTH SPACE}Example"}),
    "address-taken": filled({**ANSWERS, "Address": "https://www.example.org/tides/?utm_source=form"}),
    "lengths-differ": filled({**ANSWERS, "Array: chunks": "64, 64"}),
    "shape-of-thousands-separators": filled({**ANSWERS, "Array: shape": "365 × 4,096 × 8,192"}),
    "yaml-in-a-field": filled({**ANSWERS, "Kind": "dataset\r\nadded: 1999-01-01"}),
    "huge": filled({**ANSWERS, "Summary": "x" * 70_000}),
    "many-headings": "### Title\n" * 500,
}


def from_form(*arguments: str, body: str) -> Result:
    return CliRunner().invoke(outreach, ["gallery", "from-form", *arguments], input=body.encode())


def everything(root: Path) -> dict[str, bytes | None]:
    paths = sorted(root.rglob("*"))
    return {str(path): path.read_bytes() if path.is_file() else None for path in paths}


def test_a_filled_form_becomes_one_folder_and_touches_nothing_else(checkout):
    before = everything(checkout.root)
    done = from_form("-", body=filled())
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    after = everything(checkout.root)
    folder = checkout.gallery_data / "ocean-colour-day-by-day"
    assert {path: after[path] for path in before} == before
    assert set(after) - set(before) == {str(folder), str(folder / "entry.yaml")}
    checked = check_gallery(checkout)
    assert checked.problems == ()
    entry = next(entry for entry in checked.entries if entry.slug == folder.name)
    assert entry.summary == "Chlorophyll at the sea surface: one map a day, in chunks of a whole year."
    assert entry.people == ("Ada Example", "NO: the group")
    assert (entry.year, entry.zarr_format, entry.licence) == (2024, 3, "CC-BY-4.0")
    assert entry.array.shape == (365, 4096, 8192)
    assert entry.array.codecs == ("bytes", "blosc(cname=zstd, clevel=5)")
    assert entry.array.dims == ("time", "y", "x")
    assert entry.array.shards is None
    assert [(source.commit, source.date) for source in entry.sources] == [(None, "2026-11-20")]


def test_a_form_without_sources_names_the_page_and_the_day(checkout):
    answers = {name: text for name, text in ANSWERS.items() if name != "Sources"}
    assert from_form("-", "--added", "2026-11-22", body=filled(answers)).exit_code == 0
    entry = next(each for each in check_gallery(checkout).entries if each.slug.startswith("ocean"))
    assert (entry.added, entry.sources[0].url) == ("2026-11-22", ANSWERS["Address"])


@pytest.mark.parametrize("case", BODIES)
def test_what_is_wrong_is_told_by_line_and_field_and_nothing_is_written(checkout, case, tmp_path):
    form = tmp_path / "issue.md"
    form.write_bytes(BODIES[case].encode())
    before = everything(checkout.root)
    done = from_form(str(form), "--slug", "ocean-colour", body="")
    assert done.exit_code == 1
    assert isinstance(done.exception, ProblemsError)
    report = f"{done.exception}\n"
    expected = EXPECTED / f"{case}.txt"
    if os.environ.get("REWRITE_GOLDEN"):
        expected.write_text(report, encoding="utf-8")
    assert report == expected.read_text("utf-8")
    assert report.replace("\n", "").isprintable()
    assert everything(checkout.root) == before


def test_every_golden_file_belongs_to_a_body():
    assert sorted(path.stem for path in EXPECTED.iterdir()) == sorted(BODIES)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("../../etc/passwd of data", "etc-passwd-of-data"),
        ("..\\..\\windows", "windows"),
        ("Ocean/colour", "ocean-colour"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT} \N{WATER WAVE}", "ete"),
        ("CON: the data", "con-the-data"),
    ],
)
def test_whatever_the_title_the_folder_lies_in_the_gallery(checkout, title, slug):
    done = from_form("-", body=filled({**ANSWERS, "Title": title}))
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    assert (checkout.gallery_data / slug / "entry.yaml").is_file()
    assert check_gallery(checkout).problems == ()


@pytest.mark.parametrize(
    "slug", ["../up", "/tmp/x", "Ocean", "a/b", ".", "", "north-sea-tides", "-rf", "x" * 61]
)
def test_slugs_that_climb_or_are_taken_are_refused(checkout, slug):
    before = everything(checkout.root)
    done = from_form("-", f"--slug={slug}", body=filled())
    assert isinstance(done.exception, OutreachError)
    assert "--slug" in str(done.exception)
    assert everything(checkout.root) == before


@pytest.mark.parametrize(
    "title", ["海の温度と潮汐", "\N{WATER WAVE}\N{WATER WAVE}\N{WATER WAVE}\N{WATER WAVE}"]
)
def test_a_title_without_latin_letters_needs_a_slug(checkout, title):
    body = filled({**ANSWERS, "Title": title})
    assert "choose a name with --slug" in str(from_form("-", body=body).exception)
    assert from_form("-", "--slug", "sea", body=body).exit_code == 0
    assert check_gallery(checkout).problems == ()


def test_a_picture_comes_from_a_downloaded_file(checkout, tmp_path):
    about = {
        "Picture: file": "![ocean](https://github.com/user-attachments/assets/0123)",
        "Picture: description": "Green swirls of plankton on a dark blue sea, seen from far above.",
        "Picture: credit": "Ada Example",
        "Picture: licence": "CC0-1.0",
        "Picture: source": "https://example.org/picture",
        "Picture: made": "One day of the array, each value a pixel.",
    }
    body = filled(ANSWERS | about)
    assert "download it and add --picture FILE" in str(from_form("-", body=body).exception)
    file = tmp_path / "ocean.webp"
    Image.linear_gradient("L").resize((800, 400)).save(file)
    both = from_form("-", "--picture", str(file), "--no-picture", body=body)
    assert both.exit_code == 2
    assert from_form("-", "--picture", str(file), "--dry-run", body=body).output.count("picture.webp") == 1
    assert from_form("-", "--picture", str(file), body=body).exit_code == 0
    (entry,) = (each for each in check_gallery(checkout).entries if each.picture)
    assert (entry.folder / "picture.webp").read_bytes() == file.read_bytes()
    left_out = from_form("-", "--no-picture", "--slug", "two", body=body.replace("/ocean-colour", "/two"))
    assert left_out.exit_code == 0
    assert not (checkout.gallery_data / "two" / "picture.webp").exists()


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_no_body_breaks_the_reader(body):
    with suppress(ProblemsError):
        assert set(read_form(b"### Title\n" + body, "form")[0]) <= {("title",)}
