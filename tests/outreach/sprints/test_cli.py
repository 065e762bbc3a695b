"""The command, as people call it: what it prints and how it exits."""

import json
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from outreach.cli import main

HERE = Path(__file__).parent


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout after its event: before it, `check` asks GitHub's snapshot too (test_event_cli.py)."""
    (tmp_path / "gallery_data").mkdir()
    (tmp_path / "mkdocs.yml").touch()
    shutil.copytree(HERE / "good", tmp_path / "sprint_issues")
    monkeypatch.chdir(tmp_path)
    with time_machine.travel(datetime(2031, 1, 1, tzinfo=UTC), tick=False):
        yield tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["outreach", "sprint", *arguments])
    try:
        main()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    return 0


def test_check_accepts_a_good_sprint(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "check") == 0
    assert "spring-2030: 2 issues, no problem" in capsys.readouterr().err


def test_check_exits_1_and_says_where(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(HERE / "bad" / "issues-twice", checkout / "sprint_issues", dirs_exist_ok=True)
    assert run(monkeypatch, "check", "spring-2030") == 1
    said = capsys.readouterr()
    assert (
        "sprint_issues/spring-2030/issues.yaml:25:5: issues[1].number: expected each issue once" in said.err
    )
    assert "Traceback" not in said.err
    assert said.out == ""


def test_check_as_json_holds_every_problem(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "check", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "events": ["spring-2030"],
        "problems": [],
        "warnings": [],
    }
    shutil.copytree(HERE / "bad" / "issues-missing-fields", checkout / "sprint_issues", dirs_exist_ok=True)
    assert run(monkeypatch, "check", "--json") == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [problem["field"] for problem in problems] == [
        "issues[1].judged",
        "issues[1].mentor",
        "issues[1].state",
    ]
    assert {"file", "line", "column", "field", "message"} == set(problems[0])


def test_an_unknown_event_is_named_with_the_known_ones(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "check", "autumn-1999") == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "expected one of the events spring-2030, found 'autumn-1999'" in said


def test_a_wrong_command_line_exits_2(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "check", "--jsno") == 2
    assert run(monkeypatch, "chekc") == 2


def test_outside_a_checkout_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "list") == 1
    assert "expected a checkout" in capsys.readouterr().err


def test_list_prints_data_on_stdout(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "list") == 0
    assert "spring-2030" in capsys.readouterr().out
    assert run(monkeypatch, "list", "--json") == 0
    (event,) = json.loads(capsys.readouterr().out)
    assert event["issues"] == 2
    assert event["levels"] == {"starter": 1, "intermediate": 0, "advanced": 1}


@pytest.mark.parametrize("command", [[], ["check"], ["list"]])
def test_help_has_examples(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *command, "--help") == 0
    assert "Examples:" in capsys.readouterr().out
