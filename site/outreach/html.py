"""Pages as pre-escaped HTML inside a Markdown file with front matter.

Text from entries never becomes Markdown: Markdown has too many ways to execute it.
"""

import json
import re
from collections.abc import Mapping
from html import escape

__all__ = ["escape", "page", "user_text"]


def user_text(text: str) -> str:
    """Return `text` escaped for element content, in an element that finds its own writing direction."""
    return f'<span dir="auto">{escape(text)}</span>'


def page(
    title: str,
    description: str,
    body: str,
    *,
    hide: tuple[str, ...] = (),
    template: str | None = None,
    head: Mapping[str, str] | None = None,
) -> str:
    """Return a Markdown file that renders `body`, trusted and already escaped HTML, and nothing else.

    `title` and `description` are plain text; MkDocs puts them unescaped into the page head and the
    search index, so they are escaped here. `hide` names Material's parts to leave out, such as "toc".
    `head` holds what the template puts into the head as it is: trusted values, such as JSON for a script.
    """
    front: dict[str, object] = {"title": escape(title), "description": escape(description)}
    if hide:
        front["hide"] = sorted(hide)
    front.update(head or {})
    if template:
        front["template"] = template
    lines = "\n".join(f"{key}: {_yaml(value)}" for key, value in front.items())
    # Fences of code are found before raw HTML is: these two characters must not stand as they are.
    html = body.strip().replace("`", "&#96;").replace("~", "&#126;")
    return f'---\n{lines}\n---\n\n<div class="bz">\n{html}\n</div>\n'


def _yaml(value: object) -> str:
    # JSON is YAML, so no title can break out of its quotes; but YAML folds or refuses these raw characters.
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda found: f"\\u{ord(found[0]):04x}", text)
