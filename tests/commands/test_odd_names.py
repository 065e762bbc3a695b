"""File names that are no UTF-8, as old archives leave them: read, told escaped, refused in words."""

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr
from PIL import Image

import zarr_partial as zp
from tests.commands.checkouts import make_checkout
from tests.commands.programs import environment, one_message, run
from tests.outreach.gallery.test_new import FLAGS
from zarr_partial.virtualizing.addresses import as_uri

# Latin-1 for "café".
NAME = os.fsdecode(b"caf\xe9")
SHOWN = r"caf\udce9"


def takes_any_name(folder):
    """Return whether the file system takes names that are no text; that of macOS does not."""
    try:
        (folder / NAME).mkdir()
        (folder / NAME).rmdir()
    except OSError:
        return False
    return sys.platform != "win32"


@pytest.fixture
def folder(tmp_path):
    if not takes_any_name(tmp_path):
        pytest.skip("no file of such a name can be here")
    data = np.arange(24, dtype="f4").reshape(6, 4)
    options = {"data": data, "chunks": (3, 4), "compressors": None, "zarr_format": 2}
    zarr.create_array(tmp_path / NAME, **options)
    zarr.create_group(tmp_path / "group.zarr", zarr_format=2)
    zarr.create_array(tmp_path / "group.zarr" / NAME, **options)
    return tmp_path


def test_an_array_in_such_a_folder_is_read(folder):
    data = zarr.open_array(folder / NAME, mode="r")[...]
    for source in (folder / NAME, str(folder / NAME)):
        with zp.open(source) as array:
            np.testing.assert_array_equal(array.oindex[[5, 0]], data[[5, 0]])
    with zp.open(folder / "group.zarr", NAME) as array:
        np.testing.assert_array_equal(array[2:4], data[2:4])


@pytest.mark.parametrize(
    "words",
    [
        ("info", NAME),
        ("info", NAME, "--json"),
        ("info", "group.zarr"),
        ("info", "group.zarr", "--json"),
        ("explain", NAME, "0"),
        ("explain", NAME, "0", "--json"),
        ("virtualize", NAME, "--chunks", "1"),
    ],
    ids=lambda words: " ".join(words).encode("unicode_escape").decode(),
)
def test_commands_show_such_a_name_escaped(folder, words):
    done = run(("zarr-partial", *words), folder)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert SHOWN in done.stdout


def test_values_come_from_such_a_folder_and_go_into_such_a_file(folder):
    assert run(("zarr-partial", "get", NAME, "-1", "--json"), folder).returncode == 0
    for suffix in (".npy", ".npz", ".csv", ".json", ".png"):
        done = run(("zarr-partial", "get", NAME, "...", "--out", f"{NAME}{suffix}"), folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert (folder / f"{NAME}{suffix}").stat().st_size
    np.testing.assert_array_equal(np.load(folder / f"{NAME}.npy"), zarr.open_array(folder / NAME)[...])


def test_what_is_not_there_is_told_escaped(folder):
    said = one_message(run(("zarr-partial", "info", f"{NAME}-gone"), folder))
    assert said == f"error: expected a Zarr array at {SHOWN}-gone, found nothing; check the path\n"


def test_references_lead_to_such_a_folder(folder):
    done = run(("zarr-partial", "virtualize", NAME, "--chunks", "1", "-o", "refs.json"), folder)
    assert done.returncode == 0, done.stderr
    refs = json.loads((folder / "refs.json").read_text("ascii"))["refs"]
    address, start, length = refs["5.0"]
    with Path(address.removeprefix("file://")).open("rb") as chunk:
        chunk.seek(start)
        np.testing.assert_array_equal(np.frombuffer(chunk.read(length), "f4"), np.arange(20, 24))
    assert as_uri(address) == f"file://{folder.as_posix()}/caf%E9/1.0"


def test_parquet_which_holds_no_such_address_says_so(folder):
    said = one_message(
        run(("zarr-partial", "virtualize", NAME, "--chunks", "1", "-o", "refs.parquet"), folder)
    )
    assert "expected an address in UTF-8 for references in Parquet" in said
    assert SHOWN in said
    assert not (folder / "refs.parquet").exists()


@pytest.fixture
def checkout(tmp_path):
    """A checkout in a folder of such a name."""
    if not takes_any_name(tmp_path):
        pytest.skip("no file of such a name can be here")
    return make_checkout(tmp_path / NAME / "checkout")


def outreach(checkout, *words, **variables):
    done = run(("outreach", *words), checkout, env=environment(**variables))
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_a_checkout_in_such_a_folder_works(checkout):
    for words in (
        ("gallery", "check"),
        ("gallery", "new", "--no-questions", *FLAGS),
        ("gallery", "preview", "north-sea-tides"),
        ("sprint", "report", "spring-2030"),
        ("bench", "targets", "--write"),
        ("bench", "run", "--quick"),
        ("bench", "check"),
        ("generate",),
    ):
        done = outreach(checkout, *words)
        assert done.returncode == 0, (words, done.stderr)


def test_outside_of_a_checkout_the_folder_is_told_escaped(checkout):
    said = one_message(outreach(checkout.parent, "gallery", "check"))
    assert f"found neither in {checkout.parent.as_posix()}".replace(NAME, SHOWN) in said


@pytest.mark.parametrize("form", [(), ("--json",), ("--markdown",)], ids=["text", "json", "markdown"])
def test_an_entry_of_such_a_name_is_refused_in_words(checkout, form):
    gallery = checkout / "gallery_data"
    shutil.copytree(gallery / "north-sea-tides", gallery / NAME)
    (gallery / "north-sea-tides" / f"{NAME}.png").write_bytes(b"")
    done = outreach(checkout, "gallery", "check", *form)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert SHOWN in said.replace("\\\\", "\\")
    if "--json" in form:
        problems = json.loads(done.stdout)["problems"]
        assert {problem["file"] for problem in problems} == {
            f"gallery_data/{SHOWN}/entry.yaml", "gallery_data/north-sea-tides/entry.yaml"
        }  # fmt: skip
    else:
        assert "expected a folder name of lower-case words" in " ".join(said.split())
    said = one_message(outreach(checkout, "generate"))
    assert SHOWN in said.replace("\\\\", "\\")


def test_a_file_beside_the_entries_and_an_event_of_such_a_name_are_refused_in_words(checkout):
    (checkout / "gallery_data" / f"{NAME}.yaml").write_text("title: x\n", "utf-8")
    said = one_message(outreach(checkout, "gallery", "check"))
    assert f"gallery_data/{SHOWN}.yaml:1:1: expected one folder per entry" in said
    shutil.copytree(checkout / "sprint_issues/spring-2030", checkout / "sprint_issues" / NAME)
    said = one_message(outreach(checkout, "sprint", "check"))
    assert f"sprint_issues/{SHOWN}/event.yaml" in said


def test_a_picture_of_such_a_name_is_taken(checkout):
    picture = checkout.parent / f"{NAME}.png"
    Image.linear_gradient("L").resize((800, 400)).save(picture)
    about = ("--picture-alt", "Green swirls of plankton on a dark blue sea, seen from far above.",
             "--picture-credit", "Ada Example", "--picture-licence", "CC0-1.0",
             "--picture-source", "https://example.org/picture",
             "--picture-made", "One day of the array, each value a pixel.")  # fmt: skip
    done = outreach(checkout, "gallery", "new", "--no-questions", *FLAGS, *about, "--picture", picture)
    assert done.returncode == 0, done.stderr
    assert (checkout / "gallery_data/ocean-colour-day-by-day/picture.png").read_bytes()


def test_results_of_such_a_name_are_told_escaped(checkout):
    machine = checkout / "benchmarks/results/linux"
    machine.mkdir(parents=True)
    (machine / f"{NAME}.json").write_text("{", "utf-8")
    (machine.parent / "benchmarks.json").write_text('{"version": 2}', "utf-8")
    done = outreach(checkout, "bench", "check")
    assert done.returncode == 1
    assert f"error: benchmarks/results/linux/{SHOWN}.json:1:2: expected JSON" in done.stderr
    assert outreach(checkout, "bench", "check", "--json").returncode == 1
