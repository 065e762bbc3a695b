"""The page that thanks everyone by name: who found, who made, whose picture it is."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from outreach.gallery.entries import Entry
from outreach.gallery.markup import link
from outreach.html import escape, page, user_text

# Notes in brackets tell what someone did; they do not make another person.
NOTE = re.compile(r"\s*\([^()]*\)$")
# "and others" says that a list is not complete; it is nobody's name.
NOBODY = re.compile(r"and \w+( \w+)?")


def people_page(entries: Sequence[Entry]) -> str:
    """Return the Markdown file of the people page; every name has an anchor."""
    found: dict[str, list[Entry]] = defaultdict(list)
    where: dict[str, str | None] = {}
    made: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        for finder in entry.found_by:
            found[finder.name].append(entry)
            where.setdefault(finder.name, finder.url)
        for person in dict.fromkeys(NOTE.sub("", person) for person in entry.people):
            if not NOBODY.fullmatch(person):
                made[person].append(entry)
    anchors = Anchors()
    finders = [_person(name, found[name], anchors, where[name]) for name in _sorted(found)]
    makers = [_person(name, made[name], anchors, None) for name in _sorted(made)]
    body = f"""
<p class="bz-crumb"><a href="../">Gallery</a></p>
<h1>People</h1>
<p class="bz-lead">Thank you. {len(made):,} people, groups and institutions made what hangs in this
gallery, and {len(found):,} people showed it to this community first.</p>
<section aria-labelledby="found"><h2 id="found">Found it</h2>
<p>The first of them looked for beautiful things made with Zarr in the autumn of 2022, in the contribution
phase of Outreachy, and wrote down what they saw. This gallery grew from their collection.</p>
<ul class="bz-people">{"".join(finders)}</ul></section>
<section aria-labelledby="made"><h2 id="made">Made it</h2>
<ul class="bz-people">{"".join(makers)}</ul></section>
"""
    return page(
        "People", "Everyone whose work hangs in the gallery, and everyone who found it", body, hide=("toc",)
    )


class Anchors:
    """Unique ids for names, the same ones each time."""

    def __init__(self) -> None:
        self._used: set[str] = {"found", "made"}

    def of(self, name: str) -> str:
        """Return an id made of the letters of `name`."""
        plain = "".join(
            each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each)
        )
        base = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "person"
        anchor, number = base, 2
        while anchor in self._used:
            anchor, number = f"{base}-{number}", number + 1
        self._used.add(anchor)
        return anchor


def _person(name: str, entries: Iterable[Entry], anchors: Anchors, url: str | None) -> str:
    anchor = anchors.of(name)
    shown = link(url, name) if url else user_text(name)
    works = "".join(f'<li><a href="../{entry.slug}/">{user_text(entry.title)}</a></li>' for entry in entries)
    return f'<li id="{escape(anchor)}"><h3>{shown}</h3><ul>{works}</ul></li>'


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (unicodedata.normalize("NFKD", name).casefold(), name))
