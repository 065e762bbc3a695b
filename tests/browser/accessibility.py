"""What axe finds on a page, in both schemes."""

from collections.abc import Sequence

from playwright.sync_api import Page, expect

from outreach.node import install_packages
from outreach.paths import Project

AXE = """async options => (await axe.run(options)).violations.map(v => v.id + ': ' +
    v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' | ' + n.failureSummary).join(' ; '))"""
# Whatever else axe looks at is the same in both schemes.
OF_COLOURS = ("color-contrast", "link-in-text-block")
NIGHT = "rgb(22, 16, 28)"


def violations(page: Page, project: Project, rules: Sequence[str] = ()) -> list[str]:
    """Return what axe finds, by all of its rules or by some."""
    if not page.evaluate("'axe' in window"):
        install_packages(project, tests=True)
        page.add_script_tag(path=project.browser / "node_modules" / "axe-core" / "axe.min.js")
    found: list[str] = page.evaluate(AXE, {"runOnly": list(rules)} if rules else {})
    return found


def violations_in_both_schemes(page: Page, project: Project) -> list[str]:
    """Return what axe finds on a light page, and then of its colours at night; motion has to be reduced."""
    found = violations(page, project)
    page.locator("input[name=__palette][data-md-color-scheme=slate]").dispatch_event("click")
    expect(page.locator("body")).to_have_css("background-color", NIGHT)
    return found + [f"at night, {problem}" for problem in violations(page, project, OF_COLOURS)]
