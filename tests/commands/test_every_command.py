"""What holds for every command: whether it writes is known, and of what is mistyped the nearest is told."""

from pathlib import Path

import click
import pytest

from tests.commands.checkouts import BUILDERS, READERS, WRITERS, make_checkout
from tests.commands.programs import EVERY_COMMAND, EVERY_GROUP, one_message, run


def test_every_command_is_one_that_writes_or_one_that_does_not():
    """Those that write are interrupted, and run without room and permission, by the tests beside this one."""
    known = [*{writer.command for writer in WRITERS}, *BUILDERS, *READERS]
    assert sorted(known) == sorted(EVERY_COMMAND)


def mistyped(name):
    """Return a name as fingers get it wrong: two letters in the other order."""
    return name[:-2] + name[-1] + name[-2] if name[-1] != name[-2] else name[:-1]


def mistake_of(group, name, arguments):
    context = group.make_context(name, arguments)
    with pytest.raises(click.UsageError) as caught:
        group.invoke(context)
    assert caught.value.exit_code == 2
    return caught.value


@pytest.mark.parametrize("name", EVERY_GROUP)
def test_of_a_mistyped_command_the_nearest_is_told(name):
    group = EVERY_GROUP[name]
    words = group.list_commands(click.Context(group))
    assert words
    for word in words:
        said = mistake_of(group, name, [mistyped(word), "--json"]).format_message()
        expected = f"expected one of the commands {', '.join(words)}, found {mistyped(word)!r}; did you mean "
        assert said == f"{expected}{word!r}?"


@pytest.mark.parametrize("name", EVERY_GROUP)
def test_of_what_is_near_to_nothing_all_commands_are_told(name):
    group = EVERY_GROUP[name]
    said = mistake_of(group, name, ["xyzzy"]).format_message()
    assert said.startswith(
        f"expected one of the commands {', '.join(group.list_commands(click.Context(group)))}"
    )
    assert "did you mean" not in said


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_of_a_mistyped_option_the_nearest_is_told(name):
    command = EVERY_COMMAND[name]
    options = [
        option for param in command.params for option in param.opts if option[:2] == "--" and len(option) > 5
    ]
    for option in [*options, "--help"]:
        with pytest.raises(click.NoSuchOption) as caught:
            command.make_context(name, [mistyped(option)])
        assert option in caught.value.format_message()
        assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("zarr-partial", "inof"), ("found 'inof'; did you mean 'info'?", "see zarr-partial --help")),
        (("zarr-partial", "info", "--jsno", "a"), ("Did you mean", "--json", "see zarr-partial info --help")),
        (("outreach", "galery"), ("found 'galery'; did you mean 'gallery'?", "Try 'outreach --help'")),
        (("outreach", "gallery", "nwe"), ("did you mean 'new'?", "Try 'outreach gallery --help'")),
        (("outreach", "sprint", "snyc"), ("did you mean 'sync'?", "Try 'outreach sprint --help'")),
        (("outreach", "bench", "rnu"), ("did you mean 'run'?", "Try 'outreach bench --help'")),
        (("outreach", "serve", "--prot", "1"), ("Did you mean", "--port", "Try 'outreach serve --help'")),
    ],
    ids=" ".join,
)
def test_a_mistyped_command_line_ends_with_2_and_points_to_the_help(tmp_path, words, said):
    done = run(words, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    words = " ".join(done.stderr.split())
    assert [part for part in said if part not in words] == []


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("read") / "checkout")


@pytest.mark.parametrize(
    "words",
    ["gallery list", "gallery check --json", "sprint list", "sprint report spring-2030", "bench check"],
)
def test_an_output_that_takes_no_more_is_one_message(checkout, words):
    with Path("/dev/full").open("wb") as full:
        done = run(("outreach", *words.split()), checkout, stdout=full, capture_output=False, stderr=-1)
    assert "No space left on device" in one_message_on_stderr(done)


def one_message_on_stderr(done):
    done.stdout = ""
    return one_message(done)
