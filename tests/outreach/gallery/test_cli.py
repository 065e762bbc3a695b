"""`outreach gallery`: check and list, as a person or a script meets them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from outreach.cli import outreach
from outreach.gallery.check import check_gallery

BAD = Path(__file__).parent / "bad"


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


@pytest.mark.parametrize(
    "arguments", [(), ("check",), ("list",), ("new",), ("preview",), ("from-form",), ("templates",)]
)
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
