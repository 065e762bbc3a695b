"""What the pages say, that they read without scripts, and that no text of an entry can act."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import markdown
import pytest
import yaml

from outreach.paths import Project
from outreach.sprints.loading import load_sprints
from outreach.sprints.model import LEVELS
from outreach.sprints.ornaments import level_squares, time_cells
from outreach.sprints.pages import generate_sprints
from outreach.writing import Output

HERE = Path(__file__).parent
GOOD = HERE / "good"
ATTACK = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> `<b>code</b>` \"' --> ]]> {: onclick=alert(3) } "
    "{{ config }} {% raw %} [x](javascript:alert(4)) </li></ol></div> <svg/onload=alert(5)> &lt;i&gt; ---"
)


SAID = (
    "Deadlock under load",
    "example/array-tools#12",
    "The guide does not say what load reads.",
    "docs/guide.md",
    "uv run pytest",
    "3 passed",
    "The guide says so in one paragraph.",
    "45 minutes",
    "not recorded",
    "Ada Example",
    "Fixed by another pull request.",
    "One file to change and nothing to decide.",
    "The hosts, in February 2030",
    "Say which tools you used.",
    "The room holds forty people.",
    "open, opened May 2029",
    "2 January 2030",
)


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def having(self, attribute: str) -> list[dict[str, str | None]]:
        return [attrs for _, attrs in self.tags if attribute in attrs]


def project_at(root: Path, change: dict[str, object] | None = None) -> Project:
    """Return a checkout with the good sprint, `change` replacing values by path, such as "issues/0/title"."""
    for file in GOOD.rglob("*.yaml"):
        target = root / "sprint_issues" / file.relative_to(GOOD)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.read_text())
    for address, value in (change or {}).items():
        name, *steps = address.split("/")
        file = next((root / "sprint_issues").rglob(f"{name}.yaml"))
        data = yaml.load(file.read_text(), _TextLoader)
        place = data
        for step in steps[:-1]:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[steps[-1]] = value
        file.write_text(yaml.safe_dump(data, allow_unicode=True, width=10_000))
    return Project(root)


class _TextLoader(yaml.SafeLoader):
    """Leaves dates as text, as our own reader does."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def generate(project: Project) -> dict[str, str]:
    output = Output(project.root / "out")
    generate_sprints(project, output)
    return {name: content.decode() for name, content in output.files.items()}


def body(page: str) -> str:
    return page.split("---\n", 2)[2]


def test_every_issue_is_there_whole_without_scripts(tmp_path: Path) -> None:
    page = Page(body(generate(project_at(tmp_path))["spring-2030/index.md"]))
    text = " ".join(" ".join(page.text).split())
    for said in SAID:
        assert said in text
    hidden = [tag for tag, attrs in page.tags if "hidden" in attrs]
    assert set(hidden) == {"form", "button", "p", "span"}


def test_items_carry_what_the_filter_reads(tmp_path: Path) -> None:
    page = Page(body(generate(project_at(tmp_path))["spring-2030/index.md"]))
    first, second = page.having("data-bz-item")
    assert {
        key: first[f"data-{key}"] for key in ("level", "minutes", "kind", "skills", "state", "listed")
    } == {
        "level": "starter",
        "minutes": "45",
        "kind": "docs",
        "skills": "no-code writing",
        "state": "open",
        "listed": "at-the-event",
    }
    assert (second["data-level"], second["data-state"]) == ("advanced", "done")
    text = first["data-text"] or ""
    assert text == text.lower()
    assert all(
        word in text for word in ("load", "example/array-tools", "#12", "docs/guide.md", "documentation")
    )


def test_the_form_offers_only_tokens_that_items_have(tmp_path: Path) -> None:
    page = Page(body(generate(project_at(tmp_path))["spring-2030/index.md"]))
    form = next(attrs for tag, attrs in page.tags if tag == "form")
    assert form["data-bz-filter"] == "#issues"
    assert [attrs["id"] for tag, attrs in page.tags if tag == "ol" and "id" in attrs] == ["issues"]
    items = page.having("data-bz-item")
    boxes = [attrs for tag, attrs in page.tags if tag == "input" and attrs["type"] == "checkbox"]
    assert {box["name"] for box in boxes} == {"skills", "level", "kind", "state", "listed"}
    for box in boxes:
        assert any(box["value"] in (item[f"data-{box['name']}"] or "").split() for item in items)
    select = next(attrs for tag, attrs in page.tags if tag == "select")
    assert (select["name"], select["data-bz-op"]) == ("minutes", "max")


def test_moments_are_shown_in_utc_and_marked_for_the_reader(tmp_path: Path) -> None:
    page = Page(body(generate(project_at(tmp_path))["spring-2030/index.md"]))
    times = [attrs["datetime"] for attrs in page.having("data-bz-local")]
    assert times[:2] == ["2030-04-01T01:00:00+00:00", "2030-04-01T05:00:00+00:00"]


def test_ids_are_unique_and_every_inner_link_has_its_target(tmp_path: Path) -> None:
    for page in generate(project_at(tmp_path)).items():
        if not page[0].endswith(".md"):
            continue
        parsed = Page(body(page[1]))
        ids = [attrs["id"] for attrs in parsed.having("id")]
        assert len(ids) == len(set(ids))
        wanted = [attrs["href"] for attrs in parsed.having("href")] + [
            attrs["data-bz-copy"] for attrs in parsed.having("data-bz-copy")
        ]
        inner = [link[1:] for link in wanted if link and link.startswith("#")]
        assert set(inner) <= set(ids)


TEXTS = [
    "event/title",
    "event/summary",
    "event/place",
    "event/focus",
    "event/ai_policy",
    "event/hosts/0/role",
    "event/hosts/0/name",
    "event/sessions/0/title",
    "event/facts/0/text",
    "event/sources/0/title",
    "issues/issues/0/title",
    "issues/issues/0/summary",
    "issues/issues/0/area",
    "issues/issues/0/done_when",
    "issues/issues/0/first_command",
    "issues/issues/0/prints",
    "issues/issues/0/note",
    "issues/issues/1/outcome/text",
    "projects/projects/0/about",
    "projects/projects/0/tried",
    "levels/rules/0/starter",
    "levels/rules/0/minutes",
    "levels/rules/0/judged_by",
]
SHORT = {
    "event/hosts/0/name": 80,
    "event/sessions/0/title": 120,
    "event/title": 80,
    "event/place": 120,
    "event/hosts/0/role": 120,
    "event/sources/0/title": 160,
}
SHORT |= {"issues/issues/0/title": 200, "issues/issues/0/area": 60, "issues/issues/0/prints": 200}
SHORT |= {"projects/projects/0/about": 120, "projects/projects/0/tried": 200, "levels/rules/0/judged_by": 200}


# A mentor is named twice: where the host is described, and in the issue.
OTHER = {"event/hosts/0/name": {"issues/issues/0/mentor": ATTACK[:80]}}


def inert(html: str, plain: str) -> None:
    """Assert that `html` has the same elements and attributes as the page without the attack."""
    attacked, good = Page(html), Page(plain)
    assert {tag for tag, _ in attacked.tags} <= {tag for tag, _ in good.tags} | {"strong", "p", "code"}
    assert not [name for _, attrs in attacked.tags for name in attrs if name.startswith("on")]
    assert not [
        attrs["href"] for attrs in attacked.having("href") if (attrs["href"] or "").startswith("javascript")
    ]


@pytest.mark.parametrize("field", TEXTS)
def test_text_of_entries_cannot_act(field: str, tmp_path: Path) -> None:
    plain = generate(project_at(tmp_path / "plain"))
    attacked = generate(
        project_at(tmp_path / "attacked", {field: ATTACK[: SHORT.get(field, 400)], **OTHER.get(field, {})})
    )
    assert attacked != plain
    for name in ("index.md", "spring-2030/index.md", "spring-2030/sheet/index.md"):
        inert(body(attacked[name]), body(plain[name]))
        inert(rendered(attacked[name]), rendered(plain[name]))
        front = yaml.safe_load(attacked[name].split("---\n", 2)[1])
        assert "<" not in front["title"] + front["description"]
    assert json.loads(attacked["spring-2030/issues.json"])


def rendered(page: str) -> str:
    """Return what Python-Markdown makes of the body, with the extensions that mkdocs.yml turns on."""
    extensions = ["admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables", "toc"]
    return markdown.markdown(body(page), extensions=extensions)


def test_markdown_leaves_the_page_alone(tmp_path: Path) -> None:
    many_lines = (
        "One line.\n\n    Four spaces.\n\n* A star.\n\n# A heading\n\n> a quotation with *stars* and _lines_"
    )
    page = generate(project_at(tmp_path, {"issues/issues/0/summary": many_lines}))["spring-2030/index.md"]
    squeeze = re.compile(r"\s+")
    assert squeeze.sub(" ", rendered(page)).strip() == squeeze.sub(" ", body(page)).strip()


def test_generation_is_deterministic_and_ends_with_a_newline(tmp_path: Path) -> None:
    first, second = generate(project_at(tmp_path / "a")), generate(project_at(tmp_path / "b"))
    assert first == second
    assert all(content.endswith("\n") for content in first.values())
    assert all("\r" not in content for name, content in first.items() if not name.endswith(".ics"))


def test_the_json_has_addresses_and_every_field(tmp_path: Path) -> None:
    data = json.loads(generate(project_at(tmp_path))["spring-2030/issues.json"])
    assert [issue["url"] for issue in data["issues"]] == [
        "https://github.com/example/array-tools/issues/12",
        "https://github.com/example/array-tools/issues/7",
    ]
    assert data["issues"][1]["first_file"] is None
    assert data["event"]["slug"] == "spring-2030"
    assert data["rules"][0]["id"] == "hosts-2030"


def add_older(project: Project) -> None:
    """Add the same sprint once more, as one of the autumn before."""
    older = project.sprint_issues / "autumn-2029"
    older.mkdir()
    for name in ("event.yaml", "issues.yaml"):
        text = (project.sprint_issues / "spring-2030" / name).read_text()
        (older / name).write_text(
            text.replace("spring-2030", "autumn-2029").replace("2030-03-31T", "2029-10-28T")
        )


@pytest.mark.parametrize(
    ("status", "slug", "bounds"),
    [
        ("announced", "autumn-2029", ("2029-10-29T01:00:00+00:00", "2029-10-29T05:00:00+00:00")),
        ("archive", "spring-2030", None),
    ],
)
def test_home_shows_the_announced_event_that_begins_first_else_the_last_one(
    tmp_path: Path, status: str, slug: str, bounds: tuple[str, str] | None
) -> None:
    project = project_at(tmp_path, {"event/status": status})
    add_older(project)
    facts = generate_sprints(project, Output(project.root / "out"))
    assert (facts.slug, facts.bounds) == (slug, bounds)


def test_events_are_listed_newest_first(tmp_path: Path) -> None:
    project = project_at(tmp_path)
    add_older(project)
    assert [sprint.event.slug for sprint in load_sprints(project)] == ["spring-2030", "autumn-2029"]
    index = generate(project)["index.md"]
    assert index.index('href="spring-2030/"') < index.index('href="autumn-2029/"')


def test_squares_and_cells_count() -> None:
    for filled, level in enumerate(LEVELS, start=1):
        assert level_squares(level).count("h10v10") == filled
        assert level_squares(level).count("h9v9") == 3 - filled
    for minutes, quarters, cells in ((15, 1, 4), (45, 3, 4), (60, 4, 4), (90, 6, 8), (240, 16, 16)):
        assert time_cells(minutes).count("h7v7") == quarters
        assert time_cells(minutes).count("h6v6") == cells - quarters
