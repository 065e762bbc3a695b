"""The live facts of the home page: the four doors, drawn from what the three parts found.

The result is included by a Jinja template, so no brace of anyone's text may reach it unescaped.
"""

from __future__ import annotations

from datetime import date, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from outreach.html import escape

if TYPE_CHECKING:
    from outreach.benches.pages import BenchmarkFacts
    from outreach.gallery.pages import GalleryFacts, Picture
    from outreach.sprints.pages import SprintFacts

STRIP = 6  # pictures side by side on a wide screen


def home_facts(gallery: GalleryFacts, sprints: SprintFacts, benchmarks: BenchmarkFacts) -> str:
    """Return the four doors as HTML for `home.html`."""
    doors = _gallery_door(gallery) + (
        '<div class="bz-doors">'
        + _benchmark_door(benchmarks)
        + _library_door(version("zarr-partial"))
        + _sprint_door(sprints)
        + "</div>\n"
    )
    # Jinja reads this file: a title with two braces would be executed.
    return doors.replace("{", "&#123;").replace("}", "&#125;")


def _gallery_door(facts: GalleryFacts) -> str:
    strip = "".join(_picture(picture) for picture in facts.pictures[:STRIP])
    return f"""<section class="bz-door bz-door--gallery" aria-labelledby="door-gallery">
<div class="bz-door__head">
<h2 id="door-gallery"><a href="gallery/">Gallery</a></h2>
<p>What people store in Zarr, as pictures: each with its chunks, codecs and licence, and how to open it.</p>
<p class="bz-door__facts">{_count(facts.entries, "entry", "entries")}
<span>{_count(facts.kinds, "kind", "kinds")}</span>
<span>{_count(facts.domains, "field", "fields")}</span></p>
</div>
<ul class="bz-strip">{strip}</ul>
</section>
"""


def _picture(picture: Picture) -> str:
    sizes = f"(min-width: 60em) {100 / STRIP:.1f}vw, 50vw"
    return f"""<li><a href="gallery/{escape(picture.slug)}/"><picture>
<source type="image/avif" srcset="{escape(picture.srcset_avif)}" sizes="{sizes}">
<source type="image/webp" srcset="{escape(picture.srcset_webp)}" sizes="{sizes}">
<img src="{escape(picture.src)}" alt="{escape(picture.alt)}" width="{picture.width}" height="{picture.height}"
 loading="lazy" decoding="async"></picture>
<span dir="auto">{escape(picture.title)}</span></a></li>
"""


def _benchmark_door(facts: BenchmarkFacts) -> str:
    lead = escape(facts.headline)
    if facts.ratio is not None:
        lead = f'<span class="bz-door__figure">{_times(facts.ratio)}</span>{escape(facts.statement)}'
    spread = f"<p>{escape(facts.spread)}.</p>\n" if facts.spread else ""
    measured = ""
    if facts.measured:
        day = date.fromisoformat(facts.measured[:10])
        measured = f"""<p class="bz-door__facts">measured
<time datetime="{day}" data-bz-age data-bz-stale-days="180">{_day(day)}</time>
<span>{escape(facts.machine)}</span></p>
"""
    return f"""<section class="bz-door bz-door--mark" aria-labelledby="door-benchmarks">
<h2 id="door-benchmarks"><a href="benchmarks/">Benchmarks</a></h2>
<p class="bz-door__lead">{lead}</p>
{spread}{measured}<p class="bz-door__more">
<a href="{escape(facts.url)}">Figures, machine and the command to repeat them</a></p>
</section>
"""


def _library_door(release: str) -> str:
    return f"""<section class="bz-door" aria-labelledby="door-library">
<h2 id="door-library"><a href="library/">Library</a></h2>
<pre class="bz-door__code"><code>import zarr_partial as zp

arr = zp.open("cells.zarr")
cells = arr.oindex[[7, 4321]]
print(arr.explain(slice(7, 8)))</code></pre>
<p>Same values as zarr, fewer bytes. <code>explain</code> says which, and when nothing is saved.</p>
<p class="bz-door__facts">zarr_partial {escape(release)} <span>MIT licence</span></p>
<p class="bz-door__more"><a href="library/first-read/">First read, in five minutes</a></p>
</section>
"""


def _sprint_door(facts: SprintFacts) -> str:
    return f"""<section class="bz-door" aria-labelledby="door-sprints">
<h2 id="door-sprints"><a href="sprints/">Sprints</a></h2>
<p class="bz-door__lead"><span class="bz-door__figure">{facts.issues:,}</span>real
issue{"" if facts.issues == 1 else "s"} of the Zarr projects,
sorted by what you know and the time you have</p>
{_next_sprint(facts)}
</section>
"""


def _next_sprint(facts: SprintFacts) -> str:
    """Return the event to come and what the browser knows of its phase, or that none is announced."""
    start, end = datetime.fromisoformat(facts.start), datetime.fromisoformat(facts.end)
    when = f'<time datetime="{escape(facts.start)}">{_span(start, end)}</time>'
    link = f'<a href="sprints/{escape(facts.slug)}/" dir="auto">{escape(facts.title)}</a>'
    if facts.bounds is None:
        return (
            f'<p class="bz-door__facts">No sprint is announced. The last was {when}.</p>\n'
            f'<p class="bz-door__more">What is left of it: {link}. Or <a href="sprinting/organise/">host '
            "the next</a></p>"
        )
    begins, ends = map(escape, facts.bounds)
    return (
        f'<p class="bz-door__facts" data-bz-event data-starts="{begins}" data-ends="{ends}">Next: {when}\n'
        '<span data-bz-phase="before" hidden>in <b data-bz-countdown></b></span>'
        '<span data-bz-phase="live" hidden>now</span><span data-bz-phase="after" hidden>over</span></p>\n'
        f'<p class="bz-door__more">{link}</p>'
    )


def _count(number: int, one: str, many: str) -> str:
    return f"<b>{number:,}</b>&nbsp;{one if number == 1 else many}"


def _times(ratio: float) -> str:
    rounded = f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"
    return f"{rounded}&thinsp;&times;"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _span(start: datetime, end: datetime) -> str:
    if start.date() == end.date():
        return _day(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {_day(end)}"
    return f"{_day(start)} to {_day(end)}"
