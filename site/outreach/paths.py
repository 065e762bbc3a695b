"""Where things lie in the repository: the one place that knows the layout."""

from dataclasses import dataclass
from pathlib import Path

from outreach.errors import OutreachError


@dataclass(frozen=True, slots=True)
class Project:
    """The checkout at `root`; every path that outreach reads or writes comes from here."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Project":
        """Return the checkout that holds `start` (default: the current folder).

        Raises
        ------
        OutreachError
            If no folder from `start` upwards holds both `mkdocs.yml` and `gallery_data`.
        """
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "mkdocs.yml").is_file() and (folder / "gallery_data").is_dir():
                return cls(folder)
        raise OutreachError(
            f"expected a checkout with mkdocs.yml and gallery_data/, found neither in {here} nor above it; "
            "change into your clone of the repository and run the command again"
        )

    @property
    def gallery_data(self) -> Path:
        """One folder per gallery entry."""
        return self.root / "gallery_data"

    @property
    def sprint_issues(self) -> Path:
        """One folder per sprint event."""
        return self.root / "sprint_issues"

    @property
    def benchmarks(self) -> Path:
        """The asv suite."""
        return self.root / "benchmarks"

    @property
    def results(self) -> Path:
        """Benchmark results, one folder per machine."""
        return self.root / "benchmarks" / "results"

    @property
    def pages(self) -> Path:
        """MkDocs' docs_dir; gallery/, benchmarks/, sprints/ and assets/generated/ in it are generated."""
        return self.root / "site" / "pages"

    @property
    def theme(self) -> Path:
        """Material's overrides; generated/ in it holds the live facts of the home page."""
        return self.root / "site" / "theme"

    @property
    def browser(self) -> Path:
        """The TypeScript modules."""
        return self.root / "site" / "browser"

    @property
    def built_site(self) -> Path:
        """Where MkDocs builds to."""
        return self.root / "build" / "site"

    @property
    def pictures_cache(self) -> Path:
        """What was made of pictures before, by the hash of its content."""
        return self.root / "build" / "cache" / "pictures"

    def relative(self, path: Path) -> str:
        """Return `path` as messages name it: relative to the root, with forward slashes."""
        resolved = path.resolve()
        return resolved.relative_to(self.root).as_posix() if resolved.is_relative_to(self.root) else str(path)
