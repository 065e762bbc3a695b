"""The environment of a run: what asv does not record, written beside its results as one JSON file.

It stands under `benchmarks/environments/`, because asv takes every JSON file in its results for results.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from outreach.checking import Checker
from outreach.paths import Project
from outreach.reading import ProblemsError, read_yaml

FORMAT = 1
SCHEMA = Path(__file__).with_name("environment.schema.json")


@dataclass(frozen=True, slots=True)
class Data:
    """The array that was read."""

    rows: int
    columns: int
    dtype: str
    chunk_rows: int
    inner_chunk_rows: int


@dataclass(frozen=True, slots=True)
class Environment:
    """Machine, versions, commit and command of one run; nothing that names a person, a host or a folder.

    `only` is the pattern of a run that left benchmarks out; `changed`: the tree was not as committed.
    """

    machine: str
    commit: str
    changed: bool
    measured: str
    scale: str
    only: str | None
    command: str
    data: Data
    python: str
    packages: Mapping[str, str]
    system: str
    kernel: str
    architecture: str
    cpu: str
    cores: int
    memory_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return {"format": FORMAT, **asdict(self)}

    def as_json(self) -> str:
        """Return the text of the file."""
        return json.dumps(self.as_dict(), indent=2, allow_nan=False) + "\n"


def environment_path(project: Project, machine: str, stem: str) -> Path:
    """Return where the environment of the results file `<machine>/<stem>.json` lies."""
    return project.benchmarks / "environments" / machine / f"{stem}.json"


def read_environment(path: Path, project: Project) -> Environment:
    """Return what the file at `path` says.

    Raises
    ------
    ProblemsError
        If it breaks environment.schema.json.
    """
    # JSON is YAML, and this reader knows lines, columns and what to refuse.
    document = read_yaml(path, project)
    problems = Checker(SCHEMA).problems(document)
    if problems:
        raise ProblemsError(tuple(problems))
    fields = dict(document.data)
    del fields["format"]
    return Environment(**{**fields, "data": Data(**fields["data"])})
