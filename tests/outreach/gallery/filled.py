"""The issue form, filled as GitHub writes it: a heading before each answer, and what is empty."""

from collections.abc import Mapping

from outreach.gallery.templates import form_fields

ANSWERS = {
    "Title": "Ocean colour, day by day",
    "Kind": "dataset",
    "Domain": "ocean",
    "Summary": "Chlorophyll at the sea surface: one map a day,\r\nin chunks of a whole year.",
    "Address": "https://example.org/ocean-colour",
    "People": "Ada Example\r\nNO: the group",
    "Year": "2024",
    "Licence": "CC-BY-4.0",
    "Zarr format": "3",
    "Links": "Documentation | https://example.org/docs",
    "Sources": "The page of the data | https://example.org/ocean-colour | | 2026-11-20",
    "Array: name": "chlorophyll",
    "Array: shape": "365 × 4096 × 8192",
    "Array: chunks": "365, 64, 64",
    "Array: codecs": "bytes\r\nblosc(cname=zstd, clevel=5)",
    "Array: axes": "time\r\ny\r\nx",
    "Array: source": "The metadata of the store",
}


def filled(answers: Mapping[str, str] = ANSWERS) -> str:
    """Return the body of an issue: every heading of the form in its order, with these answers."""
    sections = [
        f"### {field.label}\r\n\r\n{answers.get(field.label, '_No response_')}" for field in form_fields()
    ]
    assert set(answers) <= {field.label for field in form_fields()}
    return "\r\n\r\n".join(sections)
