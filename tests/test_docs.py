"""Every Python block in the documentation runs, page by page, top to bottom, in an empty folder."""

from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *(ROOT / "site/pages/library").glob("*.md"))
    if "```python" in path.read_text()
)


def test_there_are_pages_with_code():
    assert "README.md" in PAGES
    assert "site/pages/library/first-read.md" in PAGES


@pytest.mark.parametrize("page", PAGES)
def test_code_on_the_page_runs(page, tmp_path, monkeypatch):
    if page == "README.md":
        # Its example reads a sample of the gallery from the clone.
        (tmp_path / "gallery_data").symlink_to(ROOT / "gallery_data")
    monkeypatch.chdir(tmp_path)
    document = Sybil([PythonCodeBlockParser()]).parse(ROOT / page)
    examples = list(document.examples())
    assert examples
    for example in examples:
        example.evaluate()
