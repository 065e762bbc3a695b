"""Entries that have something in common, for a visitor who liked one of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from outreach.gallery.entries import Entry
from outreach.gallery.facets import facet_tokens

# How much a shared token says: a person most, a domain and a codec something, a kind little.
WEIGHTS = {"people": 4, "domain": 3, "codec": 1, "chunk": 1, "shards": 1, "kind": 1}
SHOWN = 4


def related(entries: Sequence[Entry]) -> dict[str, tuple[Entry, ...]]:
    """Return up to SHOWN entries for the slug of each; ties go to entries with a picture, then by name."""
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, entry in enumerate(entries):
        for token in _tokens(entry):
            holders[token].append(number)
    found = {}
    for number, entry in enumerate(entries):
        scores: Counter[int] = Counter()
        for token in _tokens(entry):
            for other in holders[token]:
                scores[other] += WEIGHTS[token[0]]
        del scores[number]
        best = sorted(scores, key=lambda other: (-scores[other], _plain(entries[other]), entries[other].slug))
        found[entry.slug] = tuple(entries[other] for other in best[:SHOWN])
    return found


def _tokens(entry: Entry) -> Iterator[tuple[str, str]]:
    facets = facet_tokens(entry)
    for name in WEIGHTS:
        yield from ((name, token) for token in (entry.people if name == "people" else facets[name]))


def _plain(entry: Entry) -> bool:
    return entry.picture is None
