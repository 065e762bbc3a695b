"""What search engines read of an entry: schema.org terms as JSON-LD, with only what is recorded."""

import json
from typing import Any

from outreach.gallery.entries import Entry

TYPES = {
    "article": "Article",
    "community": "CreativeWork",
    "dataset": "Dataset",
    "notebook": "LearningResource",
    "paper": "ScholarlyArticle",
    "picture": "Dataset",
    "talk": "PresentationDigitalDocument",
    "tool": "SoftwareSourceCode",
    "viewer": "SoftwareApplication",
}


def linked_data(entry: Entry, card: str) -> str:
    """Return JSON-LD that is safe inside a script element; `card` is the picture for previews."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": TYPES[entry.kind],
        "name": entry.title,
        "description": entry.summary,
        "sameAs": entry.url,
        # Whether a name is a person's or a group's is not recorded, so that no creator can be given.
        "creditText": ", ".join(entry.people),
        "image": card,
        "dateModified": entry.added,
        "keywords": [entry.domain, "Zarr"],
    }
    if entry.year:
        data["datePublished"] = str(entry.year)
    if entry.licence and " " not in entry.licence and not entry.licence.startswith("LicenseRef-"):
        data["license"] = f"https://spdx.org/licenses/{entry.licence}.html"
    if entry.doi:
        data["identifier"] = f"https://doi.org/{entry.doi}"
    if entry.store and entry.store.startswith("https://") and data["@type"] == "Dataset":
        data["distribution"] = {"@type": "DataDownload", "contentUrl": entry.store, "encodingFormat": "Zarr"}
    if entry.array and entry.array.dims and data["@type"] == "Dataset":
        data["variableMeasured"] = entry.array.name
    return script_json(data)


def script_json(data: object) -> str:
    """Return JSON in which nothing can end a script element or open another."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
