"""The pure functions of the browser modules, under Node's own test runner, and their types."""

from pathlib import Path

import pytest

from outreach.node import EXPECTED_MB, install_packages, megabytes, run_node
from outreach.paths import Project

TESTS = sorted(Path(__file__).parent.glob("*.test.ts"))


@pytest.fixture(scope="session", autouse=True)
def packages(project: Project) -> None:
    install_packages(project, tests=True)


def test_types_are_strict_and_hold(project: Project) -> None:
    assert run_node(project, "node_modules/typescript/bin/tsc", "--noEmit", "-p", ".") == ""


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name.removesuffix(".test.ts"))
def test_pure_functions(project: Project, path: Path) -> None:
    said = run_node(project, "--test", "--test-reporter=tap", str(path))
    assert "\n# fail 0\n" in said
    assert "\n# pass 0\n" not in said


def test_there_are_unit_tests() -> None:
    assert len(TESTS) >= 3


def test_modules_stay_small(project: Project) -> None:
    modules = sorted(project.browser.glob("*.ts")) + sorted(project.browser.glob("viewer/*.ts"))
    assert modules
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert {name: length for name, length in lengths.items() if length >= 200} == {}
    # Widgets stay smaller still; what the viewer is made of may need a screen more.
    assert {name for name, length in lengths.items() if length >= 150} <= {
        "looking.ts",
        "metadata.ts",
        "store.ts",
    }


def test_the_size_told_before_downloading_is_near_the_truth(project: Project) -> None:
    packages = project.browser / "node_modules"
    only_tests = ("typescript", "axe-core", "html-validate", "ajv", "@types", "undici-types")
    for_tests = sum(megabytes(packages / name) for name in only_tests)
    found = {"tests": megabytes(packages), "build": megabytes(packages) - for_tests}
    assert {kind: pytest.approx(size, rel=0.3) for kind, size in EXPECTED_MB.items()} == found


def test_the_lock_file_names_no_download_address(project: Project) -> None:
    lock = (project.browser / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert "resolved" not in lock
    assert "tarball" not in lock
