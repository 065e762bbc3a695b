"""Every drawing of the library's pages, by the name that a page asks for in its front matter.

A page says `figures: [NAME]` at its top and `<!-- figure: NAME -->` where the drawing belongs; the theme puts
it there (site/theme/main.html).
"""

from collections.abc import Callable, Mapping

from outreach.errors import OutreachError
from outreach.figures.address_gather import address_gather
from outreach.figures.blosc_chunk import blosc_chunk
from outreach.figures.cold_pages import cold_pages
from outreach.figures.losing import losing
from outreach.figures.scaling import scaling
from outreach.figures.selection_page import selection_page
from outreach.figures.shard_file import shard_file
from outreach.figures.ski_rental import ski_rental
from outreach.paths import Project

FIGURES: Mapping[str, Callable[[Project], str]] = {
    "address-gather": address_gather,
    "blosc-chunk": blosc_chunk,
    "cold-pages": cold_pages,
    "losing": losing,
    "scaling": scaling,
    "selection": selection_page,
    "shard-file": shard_file,
    "ski-rental": ski_rental,
}


def draw_figures(project: Project) -> dict[str, str]:
    """Return the drawings as files of the theme's folder for what is generated.

    Raises
    ------
    OutreachError
        If what one is drawn from is not there, or it holds what the templates would execute.
    """
    drawn = {}
    for name, draw in FIGURES.items():
        html = draw(project)
        if any(mark in html for mark in ("{{", "{%", "{#")):
            raise OutreachError(f"figure {name}: expected HTML, found a mark of a template in it")
        drawn[f"figures/{name}.html"] = html
    return drawn
