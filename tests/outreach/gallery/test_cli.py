"""`outreach gallery`: check, list and new, as a person or a script meets them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from outreach.cli import outreach
from outreach.gallery.check import check_gallery
from outreach.paths import Project

BAD = Path(__file__).parent / "bad"
FLAGS = (
    "--title", "Ocean colour, day by day",
    "--url", "https://example.org/ocean-colour",
    "--kind", "dataset",
    "--domain", "ocean",
    "--summary", "Chlorophyll at the sea surface: one map a day, in chunks of a whole year.",
    "--person", "Ada Example",
    "--person", "NO: the group",
    "--added", "2026-11-22",
)  # fmt: skip


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Project:
    (tmp_path / "mkdocs.yml").touch()
    shutil.copytree(BAD / "address-twice" / "gallery_data", tmp_path / "gallery_data")
    shutil.rmtree(tmp_path / "gallery_data" / "zz-tides-again")
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", "from outreach.cli import main; main()", "gallery", *arguments]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


def test_check_says_that_nothing_is_wrong(checkout):
    done = command("check", cwd=checkout.root)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1 entry checked, 0 with a picture, 0 with a sample; nothing to put right\n"


def test_check_reports_every_problem_and_exits_1(checkout):
    shutil.copytree(BAD / "several-problems" / "gallery_data", checkout.gallery_data, dirs_exist_ok=True)
    done = command("check", cwd=checkout.root)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("north-sea-tides/entry.yaml:") == 3
    assert "Traceback" not in done.stderr


def test_check_as_json_holds_the_same_problems(checkout):
    shutil.copytree(BAD / "several-problems" / "gallery_data", checkout.gallery_data, dirs_exist_ok=True)
    done = command("check", "--json", cwd=checkout.root)
    assert done.returncode == 1
    problems = json.loads(done.stdout)["problems"]
    assert [problem["field"] for problem in problems] == ["kind", "domain", "year"]
    assert problems[0]["line"] == 2


def test_check_of_one_entry_leaves_the_others_alone(checkout):
    shutil.copytree(
        BAD / "attack-alias" / "gallery_data" / "north-sea-tides", checkout.gallery_data / "broken"
    )
    assert command("check", "gallery_data/north-sea-tides", cwd=checkout.root).returncode == 0
    assert command("check", "gallery_data/broken/entry.yaml", cwd=checkout.root).returncode == 1
    assert command("check", "gallery_data", cwd=checkout.root).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "code"), [(("check", "nowhere"), 2), (("check", "."), 1), (("chekc",), 2)]
)
def test_exit_codes_tell_a_wrong_command_from_wrong_input(checkout, arguments, code):
    done = command(*arguments, cwd=checkout.root)
    assert done.returncode == code
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_symbolic_links_are_refused(checkout):
    (checkout.gallery_data / "north-sea-tides" / "secret").symlink_to("/etc/passwd")
    (checkout.gallery_data / "link").symlink_to(checkout.gallery_data / "north-sea-tides")
    report = "\n".join(map(str, check_gallery(checkout).problems))
    assert "found the symbolic link 'secret'" in report
    assert "link:1:1: expected one folder per entry" in report


def test_a_licence_text_has_a_cap(checkout):
    folder = checkout.gallery_data / "north-sea-tides"
    (folder / "LICENSE.txt").write_text("Copyright\n" * 7_000)
    with (folder / "entry.yaml").open("a") as entry:
        entry.write("licence_file: LICENSE.txt\n")
    (problem,) = check_gallery(checkout).problems
    assert problem.message == "expected at most 65,536 bytes, found 70,000; keep the licence alone"


def test_list_names_every_entry(checkout):
    assert command("list", cwd=checkout.root).stdout.startswith("north-sea-tides  dataset")
    rows = json.loads(command("list", "--json", cwd=checkout.root).stdout)
    assert rows[0]["slug"] == "north-sea-tides"


def test_new_by_flags_writes_an_entry_that_passes(checkout):
    done = command("new", "--no-questions", *FLAGS, cwd=checkout.root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "wrote gallery_data/ocean-colour-day-by-day/entry.yaml" in done.stdout
    checked = check_gallery(checkout)
    assert checked.problems == ()
    entry = next(entry for entry in checked.entries if entry.slug == "ocean-colour-day-by-day")
    assert entry.people == ("Ada Example", "NO: the group")
    assert entry.title == "Ocean colour, day by day"


def test_dry_run_prints_and_writes_nothing(checkout):
    done = command("new", "--no-questions", "--dry-run", *FLAGS, cwd=checkout.root)
    assert done.returncode == 0
    assert done.stdout.startswith("# yaml-language-server: ")
    assert not (checkout.gallery_data / "ocean-colour-day-by-day").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--licence", "BSD"), "try 'BSD-3-Clause'"),
        (("--kind", "data"), "did you mean 'dataset'?"),
        (
            ("--url", "https://www.example.org/tides/?utm_medium=x"),
            "found the one in gallery_data/north-sea-tides",
        ),
        (("--slug", "../escape"), "expected lower-case words"),
        (("--slug", "north-sea-tides"), "expected a new folder"),
        (("--title", "a\nb: c"), "expected a title"),
    ],
)
def test_new_refuses_before_it_writes(checkout, flags, message):
    before = sorted(checkout.root.rglob("*"))
    done = command("new", "--no-questions", *FLAGS, *flags, cwd=checkout.root)
    assert done.returncode == 1
    assert message in done.stderr.replace("\n", " ")
    assert sorted(checkout.root.rglob("*")) == before


def test_new_asks_until_the_answer_is_good(checkout):
    answers = [
        "Ocean colour",
        "data",
        "dataset",
        "ocean",
        "Chlorophyll at the sea surface: one map a day, in chunks of a whole year.",
        "http://example.org/ocean",
        "https://example.org/ocean",
        "Ada Example, Ben Example",
        "",
        "BSD",
        "CC-BY-4.0",
        "3",
    ]
    done = CliRunner().invoke(
        outreach, ["gallery", "new", "--added", "2026-11-22"], input="\n".join(answers) + "\n"
    )
    assert done.exit_code == 0, done.output
    assert "did you mean 'dataset'?" in done.output
    assert "try 'https://example.org/ocean'" in done.output
    assert "try 'BSD-3-Clause'" in done.output
    entry = next(entry for entry in check_gallery(checkout).entries if entry.slug == "ocean-colour")
    assert entry.people == ("Ada Example", "Ben Example")
    assert (entry.year, entry.licence, entry.zarr_format) == (None, "CC-BY-4.0", 3)


@pytest.mark.parametrize("year", ["²", "٢٠٢٤", "9" * 5000])
def test_new_asks_again_for_a_year_that_is_no_number(checkout, year):
    flags = ["--licence", "MIT", "--zarr-format", "3", *FLAGS]
    done = CliRunner().invoke(outreach, ["gallery", "new", *flags], input=f"{year}\n2024\n")
    assert done.exit_code == 0, done.output
    assert "expected a whole number" in done.output
    entry = next(entry for entry in check_gallery(checkout).entries if entry.slug.startswith("ocean"))
    assert entry.year == 2024


def test_giving_up_half_way_writes_nothing(checkout):
    before = sorted(checkout.root.rglob("*"))
    done = CliRunner().invoke(outreach, ["gallery", "new"], input="Ocean colour\n")
    assert done.exit_code != 0
    assert sorted(checkout.root.rglob("*")) == before


@pytest.mark.parametrize("arguments", [(), ("check",), ("list",), ("new",)])
def test_help_shows_examples(arguments):
    done = CliRunner().invoke(outreach, ["gallery", *arguments, "--help"])
    assert done.exit_code == 0
    assert "Example" in done.output


def test_the_light_lane_needs_nothing_heavy():
    code = (
        "import sys, outreach.gallery.cli\n"
        "heavy = {'numpy', 'zarr', 'mkdocs', 'starlette', 'matplotlib', 'zarr_partial'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
