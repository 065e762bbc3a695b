"""Every page is valid HTML, by html-validate.

Its rules of taste are off (spaces at the end of lines, inline styles, the case of the doctype, the length of
titles), and so is what Material's own templates break: forms without a button, and an attribute of the two
check boxes that open the menu and the search.
"""

from pathlib import Path

import pytest

from outreach.errors import OutreachError
from outreach.node import install_packages, run_node
from outreach.paths import Project

RULES = Path(__file__).with_name("html-validate.json")
BROKEN = """<!DOCTYPE html>
<html lang="en">
<head><title>a</title></head>
<body><p><div id="a"></div><b id="a"></b></p></body>
</html>
"""


def validate(project: Project, folder: Path) -> str:
    """Return what is wrong with the pages below `folder`, a line each."""
    install_packages(project, tests=True)
    script = "node_modules/html-validate/bin/html-validate.mjs"
    try:
        return run_node(project, script, "--config", str(RULES), "--formatter", "text", str(folder))
    except OutreachError as error:
        # Its exit code is 1 where it finds something.
        return str(error)


@pytest.mark.usefixtures("address")
def test_every_page_is_valid(project: Project, site: Path) -> None:
    assert len(list(site.rglob("*.html"))) > 100
    assert validate(project, site) == ""


def test_a_broken_page_is_found(project: Project, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(BROKEN, encoding="utf-8")
    said = validate(project, tmp_path)
    assert "no-dup-id" in said
    assert "close-order" in said
