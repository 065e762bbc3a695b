"""One comment under a pull request, written once and then kept up to date: what CI runs with a token.

`python3 -m outreach.gallery.post_comment FOLDER`; FOLDER holds `report.json` and `number`, made by a job that
ran the code of the pull request. Nobody vouches for them: the number counts only if that pull request stands
at the commit in HEAD_SHA, and the text is made here, of a report that is one. Only the standard library is
needed.
"""

import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from outreach.gallery.comment import MARKER, as_report, comment_text

AUTHOR = "github-actions[bot]"
MAX_REPORT_BYTES, MAX_PAGES, SECONDS = 1_000_000, 30, 30


class PostError(Exception):
    """The comment was not written; the message says why, and never holds the token."""


class Api:
    """GitHub's REST API, as far as comments need it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._base = environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
        self._token = environment.get("GITHUB_TOKEN", "")
        self.repository = environment.get("GITHUB_REPOSITORY", "")
        if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", self.repository):
            raise PostError(f"expected owner/name in GITHUB_REPOSITORY, found {self.repository!r}; set it")
        if not self._token:
            raise PostError("expected a token in GITHUB_TOKEN, found none; set it")

    def call(self, method: str, path: str, data: object = None) -> Any:
        """Return what the API answers to `method` at `path`, below the repository."""
        request = urllib.request.Request(  # noqa: S310 - the address is GitHub's, from the runner
            f"{self._base}/repos/{self.repository}{path}",
            method=method,
            data=None if data is None else json.dumps(data).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "User-Agent": "beautiful-zarr-outreach",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise PostError(f"{method} {path}: expected an answer, found status {error.code}") from error
        except (OSError, ValueError) as error:
            raise PostError(f"{method} {path}: expected an answer, found none ({error})") from error

    def comments(self, number: int) -> Iterator[dict[str, Any]]:
        """Yield the comments under a pull request, oldest first."""
        for page in range(1, MAX_PAGES + 1):
            found = self.call("GET", f"/issues/{number}/comments?per_page=100&page={page}")
            yield from found
            if len(found) < 100:
                return


def post(folder: Path, environment: Mapping[str, str]) -> str:
    """Write or change the comment that the report in `folder` makes; return what was done.

    Raises
    ------
    PostError
        If the report is none, belongs to another pull request or commit, or GitHub refuses.
    """
    number, text = read_report(folder)
    api = Api(environment)
    pull = api.call("GET", f"/pulls/{number}")
    head = environment.get("HEAD_SHA", "")
    if not re.fullmatch(r"[0-9a-f]{40}", head) or pull.get("head", {}).get("sha") != head:
        raise PostError(f"expected pull request {number} at the commit that was checked, found another")
    for comment in api.comments(number):
        is_ours = comment.get("user", {}).get("login") == AUTHOR
        if is_ours and str(comment.get("body", "")).startswith(MARKER):
            if str(comment["body"]).replace("\r\n", "\n").strip() == text.strip():
                return f"comment {comment['id']} under pull request {number} says it already"
            api.call("PATCH", f"/issues/comments/{int(comment['id'])}", {"body": text})
            return f"changed comment {comment['id']} under pull request {number}"
    made = api.call("POST", f"/issues/{number}/comments", {"body": text})
    return f"wrote comment {made['id']} under pull request {number}"


def read_report(folder: Path) -> tuple[int, str]:
    """Return the number of the pull request, and the comment made of the report.

    Raises
    ------
    PostError
        If either is not what the check writes.
    """
    number = _read(folder / "number", 20).strip()
    if not re.fullmatch(r"[1-9][0-9]{0,9}", number):
        raise PostError(f"expected the number of a pull request, found {number!r}")
    try:
        report = as_report(json.loads(_read(folder / "report.json", MAX_REPORT_BYTES)))
    except (ValueError, RecursionError) as error:
        raise PostError(f"expected the report of a check, found none ({error})") from error
    return int(number), comment_text(report)


def _read(path: Path, most: int) -> str:
    if path.is_symlink() or not path.is_file():
        raise PostError(f"expected the file {path.name}, found none")
    with path.open("rb") as handle:
        content = handle.read(most + 1)
    if len(content) > most:
        raise PostError(f"expected at most {most:,} bytes in {path.name}, found more")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PostError(f"expected UTF-8 in {path.name}, found other bytes") from error


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    if len(arguments) != 1:
        sys.stderr.write("expected one folder; usage: python3 -m outreach.gallery.post_comment FOLDER\n")
        return 2
    try:
        done = post(Path(arguments[0]), os.environ)
    except PostError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"{done}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
