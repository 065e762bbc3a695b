"""Text of entries on a page: rendered by Python-Markdown as mkdocs.yml sets it up, it stays text."""

from pathlib import Path

import markdown
import pytest
import yaml

from outreach.html import escape, page

ROOT = Path(__file__).parents[2]
HOSTILE = [
    "``` { .python onclick=alert(1) #evil }\nprint(1)\n```",
    "~~~ { .python #evil }\nprint(1)\n~~~",
    "first\n\n```\ncode\n```\n\nlast",
    "`code` and ~~struck~~",
    "# heading { #evil }",
    "[link](javascript:alert(1)){ #evil }",
    "![picture](x){ onerror=alert(1) }",
    "</div><script>alert(1)</script>",
    "[^1]\n\n[^1]: footnote",
    "!!! note\n    boxed",
    "a | b\n--- | ---\n1 | 2",
    '<b markdown="1">*bold*</b>',
    "term\n:   definition",
]


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, whose tags are MkDocs' own."""


_Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_sequence(node))


def rendered(body):
    config = yaml.load((ROOT / "mkdocs.yml").read_text(), Loader=_Loader)
    names, options = [], {}
    for extension in config["markdown_extensions"]:
        if isinstance(extension, dict):
            options.update(extension)
        names += [extension] if isinstance(extension, str) else list(extension)
    source = page("t", "d", body).split("---", 2)[2]
    return markdown.markdown(source, extensions=names, extension_configs=options)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(text):
    body = f"<p>{escape(text)}</p>"
    html = rendered(body)
    assert 'id="' not in html
    for made in (
        "<script",
        "<code",
        "<pre",
        "<h1",
        "<a ",
        "<img",
        "<table",
        "<b ",
        "<dl",
        "highlight",
        "footnote-",
    ):
        assert made not in html
    assert html.strip() == f'<div class="bz">\n{body}\n</div>'.replace("`", "&#96;").replace("~", "&#126;")


@pytest.mark.parametrize("title", ['a "b": c', "x\n---\ny", "{{ config }}", "\u2028\x85", "- item", "'"])
def test_title_cannot_leave_the_front_matter(title):
    front = page(title, "d", "<p></p>").split("\n---\n")[0].removeprefix("---\n")
    assert yaml.safe_load(front) == {"title": escape(title), "description": "d"}
