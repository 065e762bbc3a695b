"""Our configuration uses nothing that Material's successor, Zensical, would ignore without a word.

What it reads was taken from its source, crates/zensical/src/config/project.rs and python/zensical/config.py
at f18bb99 of 2026-08-21, and from https://zensical.org/docs/compatibility/mkdocs/plugins/.
"""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
READ = {
    *(
        "site_name",
        "site_url",
        "site_description",
        "site_author",
        "docs_dir",
        "site_dir",
        "use_directory_urls",
    ),
    *("strict", "dev_addr", "copyright", "repo_url", "repo_name", "edit_uri", "edit_uri_template", "theme"),
    *("extra", "extra_css", "extra_javascript", "extra_templates", "markdown_extensions", "plugins", "nav"),
    *("validation", "watch"),
}
# Ignored, and needed by MkDocs alone; the page says so.
IGNORED = {"exclude_docs", "not_in_nav"}
THEME = {
    "name",
    "custom_dir",
    "font",
    "language",
    "favicon",
    "features",
    "palette",
    "logo",
    "icon",
    "direction",
}
PLUGINS = {"search", "mkdocstrings"}
# Of mkdocstrings it takes these (python/zensical/compat/mkdocstrings.py).
MKDOCSTRINGS = {"handlers", "custom_templates", "enable_inventory", "default_handler", "locale"}


class Loader(yaml.SafeLoader):
    """YAML with MkDocs' !ENV, of which the last value is the default."""


Loader.add_constructor("!ENV", lambda loader, node: loader.construct_sequence(node)[-1])


def unread(settings):
    """Return what of a configuration Zensical would not read."""
    found = {name for name in settings if name not in READ | IGNORED}
    found |= {f"theme.{name}" for name in settings.get("theme", {}) if name not in THEME}
    for plugin in settings.get("plugins", []):
        name = plugin if isinstance(plugin, str) else next(iter(plugin))
        if name not in PLUGINS:
            found.add(f"plugins.{name}")
        elif name == "mkdocstrings":
            found |= {f"mkdocstrings.{key}" for key in plugin[name] if key not in MKDOCSTRINGS}
    for extension in settings.get("markdown_extensions", []):
        name = extension if isinstance(extension, str) else next(iter(extension))
        # Python-Markdown's own and PyMdown's run as they do in MkDocs; others may not be there.
        if "." in name and not name.startswith("pymdownx."):
            found.add(f"markdown_extensions.{name}")
    return found


@pytest.fixture(scope="module")
def settings():
    return yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Loader=Loader)


def test_nothing_is_used_that_would_be_ignored(settings):
    assert unread(settings) == set()


def test_templates_call_no_methods_of_strings():
    """Zensical's template engine has filters, tests and slices, and no methods of Python's strings."""
    calls = set()
    for path in sorted((ROOT / "site/theme").rglob("*.html")):
        for code in re.findall(r"\{[{%].*?[%}]\}", path.read_text("utf-8"), re.DOTALL):
            names = "startswith|endswith|split|strip|format|join|replace|lower|upper|items"
            calls |= {f"{path.name}: {call}" for call in re.findall(rf"\.(?:{names})\(", code)}
    assert calls == set()


def test_the_page_names_the_two_settings_that_are(settings):
    page = (ROOT / "site/pages/maintaining/zensical.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)` \| \*\*ignores it\*\* \|$", page, re.MULTILINE)) == IGNORED
    assert set(settings) >= IGNORED


@pytest.mark.parametrize(
    ("added", "found"),
    [
        ({"hooks": ["hook.py"]}, "hooks"),
        ({"plugins": ["gen-files"]}, "plugins.gen-files"),
        ({"plugins": [{"mkdocstrings": {"watch": []}}]}, "mkdocstrings.watch"),
        ({"theme": {"static_templates": []}}, "theme.static_templates"),
        ({"markdown_extensions": ["some.extension"]}, "markdown_extensions.some.extension"),
    ],
)
def test_what_would_be_ignored_is_found(added, found):
    assert unread(added) == {found}
