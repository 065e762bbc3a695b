"""The comment under a pull request: what it says, that strangers' text stays text, and who may write it.

`REWRITE_GOLDEN=1 uv run pytest tests/outreach/gallery` rewrites comments/*.md; read the diff then.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from outreach.gallery.check import Checked, check_gallery
from outreach.gallery.comment import MARKER, as_report, comment_text, report_of
from outreach.gallery.post_comment import AUTHOR, PostError, post
from outreach.paths import Project
from outreach.reading import Problem
from tests.outreach.gallery.conftest import BAD, ROOT

EXPECTED = Path(__file__).parent / "comments"
GITHUB_LIMIT = 65_536
HEAD = "0123456789abcdef0123456789abcdef01234567"
HOSTILE = "``` </details> ![x](https://example.org/x.png) @everyone <img src=x>\n## owned \u202e"


def problem(**changes: object) -> dict[str, object]:
    place = {"file": "gallery_data/x/entry.yaml", "line": 3, "column": 1, "field": "kind"}
    return {**place, "message": "expected one of a, b; found 'c'; choose one", **changes}


def passed(**changes: object) -> dict[str, object]:
    return {"slug": "x", "title": "The sea", "picture": False, "sample": False, **changes}


def report(entries: list[dict[str, object]], problems: list[dict[str, object]]) -> dict[str, object]:
    return {"entries": len(entries), "passed": entries, "problems": problems}


REPORTS = {
    "nothing-changed": report([], []),
    "good": report([passed(picture=True, sample=True), passed(slug="y", title="Cells", picture=True)], []),
    "one-problem": report([], [problem()]),
    "hostile": report([], [problem(file=HOSTILE, field=HOSTILE, message=HOSTILE * 3)]),
    "many": report([], [problem(line=line) for line in range(1, 500)]),
    "hostile-title": report([passed(title=HOSTILE)], []),
}


@pytest.mark.parametrize("case", REPORTS)
def test_comments_are_as_expected(case):
    text = comment_text(as_report(REPORTS[case]))
    expected = EXPECTED / f"{case}.md"
    if os.environ.get("REWRITE_GOLDEN"):
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text("utf-8")
    assert text.startswith(f"{MARKER}\n### Gallery check: ")


def test_text_of_strangers_stays_inside_of_its_fence():
    text = comment_text(REPORTS["hostile"])
    fence = next(line for line in text.splitlines() if line.startswith("```")).removesuffix("text")
    inside = text.split(f"{fence}text\n", 1)[1].split(f"\n{fence}\n", 1)[0]
    assert "@everyone" in inside
    outside = text.replace(inside, "")
    for sign in ("@", "<img", "![", "owned", "</details>"):
        assert sign not in outside
    assert fence not in inside
    assert "\u202e" not in text


def test_a_comment_fits_whatever_the_report():
    worst = [problem(file="\u6d77" * 900, field="`" * 900, message="\u6d77" * 5000) for _ in range(3000)]
    assert len(comment_text(report([], worst))) < GITHUB_LIMIT
    assert len(comment_text(report([passed(title="`" * 5000) for _ in range(3000)], []))) < GITHUB_LIMIT


def test_the_report_of_a_real_check_is_one():
    checked = check_gallery(Project(BAD / "several-problems"))
    made = json.loads(json.dumps(report_of(checked)))
    assert as_report(made) == made
    assert comment_text(made).count("gallery_data/north-sea-tides/entry.yaml, line ") == 3


def test_the_report_of_a_file_whose_name_is_not_utf8_is_utf8():
    checked = Checked((), (Problem("gallery_data/caf\udce9/entry.yaml", 1, 1, "", "found 'caf\udce9'"),))
    made = report_of(checked)
    assert as_report(json.loads(json.dumps(made, ensure_ascii=False).encode("utf-8"))) == made
    assert "caf\\udce9" in comment_text(made)


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"entries": 1, "passed": [], "problems": []},
        {"entries": True, "passed": [passed()], "problems": []},
        report([passed(title=3)], []),
        report([passed(more="x")], []),
        report([], [problem(line="3")]),
        report([], [problem(line=True)]),
        report([], ["text"]),
        {**report([], []), "comment": "anything"},
    ],
)
def test_what_is_no_report_is_refused(data):
    with pytest.raises(ValueError, match="expected"):
        as_report(data)


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "number").write_text("7\n")
    (tmp_path / "report.json").write_text(json.dumps(REPORTS["one-problem"]))
    return tmp_path


class GitHub:
    """As much of the API as comments need, on loopback, over real HTTP."""

    def __init__(self, server: HTTPServer, comments: list[dict[str, object]]) -> None:
        self.comments = comments
        self.written: list[tuple[str, str, dict[str, str]]] = []
        self.environment = {
            "GITHUB_API_URL": server.url_for(""), "GITHUB_TOKEN": "secret-token",
            "GITHUB_REPOSITORY": "zarr-developers/beautiful-zarr", "HEAD_SHA": HEAD,
        }  # fmt: skip
        root = "/repos/zarr-developers/beautiful-zarr"
        server.expect_request(f"{root}/pulls/7").respond_with_json({"head": {"sha": HEAD}})
        server.expect_request(f"{root}/issues/7/comments", method="GET").respond_with_handler(self._list)
        server.expect_request(f"{root}/issues/7/comments", method="POST").respond_with_handler(self._write)
        server.expect_request(f"{root}/issues/comments/250", method="PATCH").respond_with_handler(self._write)

    def _list(self, request: Request) -> Response:
        size, page = int(request.args["per_page"]), int(request.args["page"])
        return Response(json.dumps(self.comments[(page - 1) * size : page * size]))

    def _write(self, request: Request) -> Response:
        assert request.headers["Authorization"] == "Bearer secret-token"
        self.written.append((request.method, request.path, request.get_json()))
        return Response('{"id": 900}')


def said(number: int, login: str, body: str) -> dict[str, object]:
    return {"id": number, "user": {"login": login}, "body": body}


OTHERS = [said(number, "someone", f"{MARKER}\nnot ours") for number in range(250)]


def test_the_first_comment_is_written(httpserver, folder):
    github = GitHub(httpserver, list(OTHERS))
    assert post(folder, github.environment) == "wrote comment 900 under pull request 7"
    ((method, _, data),) = github.written
    assert (method, data) == ("POST", {"body": comment_text(REPORTS["one-problem"])})


def test_a_comment_that_is_there_is_changed_however_many_others_there_are(httpserver, folder):
    github = GitHub(httpserver, [*OTHERS, said(250, AUTHOR, f"{MARKER}\nold")])
    assert post(folder, github.environment) == "changed comment 250 under pull request 7"
    ((method, path, data),) = github.written
    assert (method, path.rpartition("/")[2]) == ("PATCH", "250")
    assert data == {"body": comment_text(REPORTS["one-problem"])}


def test_the_same_words_are_not_written_twice(httpserver, folder):
    text = comment_text(REPORTS["one-problem"]).replace("\n", "\r\n")
    github = GitHub(httpserver, [said(250, AUTHOR, text)])
    assert post(folder, github.environment) == "comment 250 under pull request 7 says it already"
    assert github.written == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("number", "8", "status 500"),
        ("number", "7; rm -rf", "expected the number"),
        ("number", "../7", "expected the number"),
        ("number", "7" * 100, "expected at most 20 bytes"),
        ("report.json", "{", "expected the report"),
        ("report.json", '{"body": "hello"}', "expected the report"),
        ("report.json", "[" * 100_000, "expected the report"),
        ("report.json", " " * 1_000_001, "expected at most 1,000,000 bytes"),
        ("report.json", "\udcff", "expected UTF-8"),
    ],
)
def test_an_artifact_that_is_not_ours_is_refused(httpserver, folder, name, content, message):
    github = GitHub(httpserver, [])
    (folder / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(PostError, match=message) as caught:
        post(folder, github.environment)
    assert "secret-token" not in str(caught.value)
    assert github.written == []
    httpserver.clear_assertions()


def test_a_link_in_the_artifact_is_not_followed(httpserver, folder):
    (folder / "number").unlink()
    (folder / "number").symlink_to("/etc/hostname")
    with pytest.raises(PostError, match="expected the file number"):
        post(folder, GitHub(httpserver, []).environment)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("HEAD_SHA", "f" * 40, "at the commit that was checked, found another"),
        ("HEAD_SHA", "", "at the commit that was checked, found another"),
        ("GITHUB_TOKEN", "", "expected a token"),
        ("GITHUB_REPOSITORY", "../other", "expected owner/name"),
        ("GITHUB_API_URL", "http://127.0.0.1:9", "expected an answer, found none"),
    ],
)
def test_another_commit_repository_or_server_gets_no_comment(httpserver, folder, name, value, message):
    github = GitHub(httpserver, [])
    with pytest.raises(PostError, match=message):
        post(folder, {**github.environment, name: value})
    assert github.written == []


def test_the_commands_of_the_workflow_need_the_standard_library_alone(httpserver, folder):
    # -S: without the packages of this environment, as on a runner that installed nothing.
    github = GitHub(httpserver, [])
    python = [sys.executable, "-S", "-W", "error", "-m"]
    environment = {**github.environment, "PYTHONPATH": str(ROOT / "site"), "PATH": os.environ["PATH"]}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*python, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    shown = run("outreach.gallery.comment", str(folder / "report.json"))
    assert (shown.returncode, shown.stdout) == (0, comment_text(REPORTS["one-problem"]))
    posted = run("outreach.gallery.post_comment", str(folder))
    assert (posted.returncode, posted.stderr) == (0, "")
    assert posted.stdout == "wrote comment 900 under pull request 7\n"
    assert run("outreach.gallery.post_comment").returncode == 2
    (folder / "number").write_text("0")
    assert run("outreach.gallery.post_comment", str(folder)).returncode == 1
