"""What sync must not be fooled by: pages of proxies, odd headers, edited claims, template comments."""

import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from outreach.github.client import Client, GitHubError, Settings
from outreach.sprints.github_facts import Command
from tests.outreach.sprints import fake_github as fakes
from tests.outreach.sprints.test_sync import REPO, one, read

NOT_FOUND = b"<html><h1>404</h1>Sign in to the conference network</html>"


@pytest.fixture
def github() -> Iterator[Any]:
    with fakes.fake_github() as fake:
        yield fake


def page_of_a_proxy(code: int) -> fakes.Fault:
    return lambda handler: handler.raw(code, NOT_FOUND, {"Content-Type": "text/html"})


@pytest.mark.parametrize("code", [404, 410, 451])
def test_a_page_that_says_not_found_makes_no_issue_gone(code: int, github: Any) -> None:
    github.issue(REPO, 12)
    github.fail("issues/12", page_of_a_proxy(code), 2)
    assert one(github).found == "issue"
    github.fail("issues/12", page_of_a_proxy(code), 99)
    with pytest.raises(GitHubError, match="found text/html in place of JSON 4 times"):
        one(github)


def test_a_page_that_says_forbidden_is_not_blamed_on_the_token(github: Any) -> None:
    github.issue(REPO, 12)
    github.fail("timeline", page_of_a_proxy(403), 99)
    with pytest.raises(GitHubError, match="found status 403, text/html in place of JSON 4 times"):
        one(github)


@pytest.mark.parametrize(
    ("header", "wait"),
    [("soon", 60), ("nan", 60), ("inf", 60), ("-5", 1), ("Wed, 21 Oct 2030 07:28:00 GMT", 60), ("3", 3)],
)
def test_a_wait_that_makes_no_sense_is_a_minute(header: str, wait: float, github: Any) -> None:
    github.issue(REPO, 12)
    github.fail("timeline", fakes.status(429, "You have exceeded a secondary rate limit", retry_after=header))
    _, slept = read(github, [(REPO, 12)])
    assert slept == pytest.approx([wait], abs=0.5)


def test_a_limit_without_its_end_is_a_minute(github: Any) -> None:
    github.issue(REPO, 12)
    github.fail("timeline", fakes.status(403, "API rate limit exceeded", x_ratelimit_remaining="0"))
    _, slept = read(github, [(REPO, 12)])
    assert slept == pytest.approx([61], abs=1)


@pytest.mark.parametrize(
    ("body", "linked"),
    [
        ("<!-- Fixes #12 -->\nA change.", False),
        ("<!-- write Fixes #0 here --> Fixes #12", True),
        ("Use `Fixes #12` to link.", False),
        ("```\nFixes #12\n```", False),
        ("``` unfinished `code` Fixes #12", True),
        ("> Fixes #12\n\nI do not.", False),
        ("    Fixes #12", False),
        ("<!-- never ended Fixes #12", False),
    ],
)
def test_what_github_shows_as_no_text_links_no_pull_request(body: str, linked: bool, github: Any) -> None:
    github.issue(REPO, 12).pull(REPO, 90, body)
    assert bool(one(github).pulls) == linked


@pytest.mark.parametrize("body", ["`" * 60_000 + "a" * 60_000, " ".join("`" * n for n in range(1, 430))])
def test_a_body_made_to_be_slow_is_read_in_time(body: str, github: Any) -> None:
    github.issue(REPO, 12).pull(REPO, 90, f"Fixes #12 {body}")
    assert len(one(github).pulls) == 1


def test_a_claim_that_was_seen_keeps_its_time_when_its_comment_is_edited(github: Any) -> None:
    issue = github.issue(REPO, 12)
    issue.comment("ada", "2030-04-01T11:00:00Z", "/claim, it is mine")
    issue.comment("bob", "2030-04-01T11:10:00Z", "/claim")
    previous, _ = read(github, [(REPO, 12)])
    issue.events[0]["body"] = "/claim, I shall begin today"
    issue.events[0]["updated_at"] = issue.updated_at = "2030-04-01T11:20:00Z"
    first, second = one(github, previous=previous).commands
    assert (first.by, first.at) == ("ada", "2030-04-01T11:00:00Z")
    assert (second.by, second.at) == ("bob", "2030-04-01T11:10:00Z")


def test_a_comment_that_became_a_claim_by_an_edit_counts_from_the_edit(github: Any) -> None:
    issue = github.issue(REPO, 12)
    issue.comment("mallory", "2030-04-01T09:00:00Z", "Interesting.")
    issue.comment("ada", "2030-04-01T11:00:00Z", "/claim")
    previous, _ = read(github, [(REPO, 12)])
    issue.events[0]["body"] = "/claim"
    issue.events[0]["updated_at"] = issue.updated_at = "2030-04-01T11:20:00Z"
    assert one(github, previous=previous).commands == (
        Command("2030-04-01T11:00:00Z", "ada", "claim"),
        Command("2030-04-01T11:20:00Z", "mallory", "claim"),
    )


def test_of_a_closed_issue_a_merge_that_comes_later_is_seen(github: Any) -> None:
    issue = github.issue(REPO, 12, state="closed", closed_at="2030-01-02T00:00:00Z")
    github.issue(REPO, 13)
    source = issue.pull(REPO, 90, "Fixes #12")
    names = [(REPO, 12), (REPO, 13)]
    previous, _ = read(github, names)
    source["state"], source["pull_request"]["merged_at"] = "closed", "2030-01-05T00:00:00Z"
    snapshot, _ = read(github, names, previous)
    assert [pull.state for pull in snapshot.issues[f"{REPO}#12"].pulls] == ["merged"]
    # Then nothing can happen any more, and it is not asked for again.
    github.requests.clear()
    read(github, names, snapshot)
    assert not [path for path in github.requests if "/12/" in path]


def test_behind_a_proxy_requests_go_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.github.client.ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(10)
        asked: list[bytes] = []

        def refuse() -> None:
            peer, _ = proxy.accept()
            with peer:
                asked.append(peer.recv(4096))
                peer.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        with (
            Client(Settings(api="https://api.example.org"), "ghp_secret") as client,
            pytest.raises(GitHubError, match="ProxyError") as caught,
        ):
            client.get("/repos/a/b/issues/1")
        thread.join()
    assert asked[0].startswith(b"CONNECT api.example.org:443 ")
    assert b"ghp_secret" not in asked[0]
    assert "ghp_secret" not in str(caught.value)


def test_this_machine_is_asked_without_a_proxy(github: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    github.issue(REPO, 12)
    assert one(github).found == "issue"
    assert os.environ["HTTP_PROXY"]
