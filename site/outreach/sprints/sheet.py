"""The sheet for the wall: one printed page with what can be begun, the address and its QR code."""

from outreach.html import escape, page
from outreach.sprints.issue_list import title_html
from outreach.sprints.model import LEVELS, Issue, Level, Sprint, moment
from outreach.sprints.ornaments import level_squares
from outreach.sprints.times import day_text, span_there

# More would not fit one page; the address leads to the rest.
MOST = 60
# How large what fits is printed: the most issues of each size, its class, the longest title in characters.
SIZES = ((24, "few", 72), (44, "some", 64), (MOST, "many", 96))


def sheet_page(sprint: Sprint, startable: list[Issue], address: str | None, as_of: str | None = None) -> str:
    """Return the Markdown file of the sheet; its QR code holds `address`, where that is known.

    `as_of` is the moment of the snapshot that says what is free; without one the list itself does.
    """
    event = sprint.event
    shown = startable[:MOST]
    size, longest = next((name, longest) for most, name, longest in SIZES if len(shown) <= most)
    groups = "".join(
        _group(level, [issue for issue in shown if issue.level == level], longest) for level in LEVELS
    )
    left = f"<p>{len(startable) - MOST} more at the address above.</p>" if len(startable) > MOST else ""
    claim = (
        f"Comment <code>/claim</code> in the thread; it is yours for {event.claim_minutes} minutes, "
        "<code>/release</code> gives it back."
        if event.claim_minutes
        else "Say in the thread that you begin."
    )
    body = f"""<div class="sprint-sheet sprint-sheet--{size}">
<header>
<div>
<h1 dir="auto">{escape(event.title)}</h1>
<p>{escape(span_there(event.starts, event.ends, event.zone))}</p>
<p>{claim} No code needed: a <a href="../../../gallery/">gallery entry</a> takes 15 minutes.</p>
<p>{_when(sprint, as_of)}</p>
</div>
{_address(address)}
</header>
{groups}{left}
</div>
"""
    return page(
        f"{event.title}: sheet to print",
        f"The issues of {event.title} on one page",
        body,
        hide=("navigation", "toc"),
    )


def _when(sprint: Sprint, as_of: str | None) -> str:
    if as_of is not None:
        when = moment(as_of)
        return f"Free as of {day_text(as_of)}, {when:%H:%M} UTC; the page at the address knows more."
    newest = max(issue.source_date for issue in sprint.issues)
    return f"Free as recorded up to {day_text(newest)}; look into the thread before you begin."


def qr_svg(text: str) -> str:
    """Return a QR code of `text` as an inline drawing in black on white, quiet zone included."""
    import segno

    code = segno.make(text, error="m", micro=False)
    drawing: str = code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="sprint-qr")
    return drawing.replace("<svg ", f'<svg role="img" aria-label="QR code of {escape(text)}" ', 1)


def _address(address: str | None) -> str:
    if address is None:
        return "<p>Address and QR code are printed here where the site was built with its own address.</p>"
    return f'<p class="sprint-sheet__address">{qr_svg(address)}<span>{escape(address)}</span></p>'


def _cut(title: str, longest: int) -> str:
    """Return a title that takes two or three printed lines; whoever opens the issue sees the rest."""
    if len(title) <= longest:
        return title
    short = title[: longest - 1].rsplit(" ", 1)[0]
    if short.count("`") % 2:
        # Code that is cut would not be set as code.
        short = short[: short.rindex("`")]
    return f"{short.rstrip(' ,:/-')}…"


def _group(level: Level, issues: list[Issue], longest: int) -> str:
    rows = "".join(
        f'<li><span><b class="sprint-ref">{escape(issue.ref)}</b> '
        f'<span dir="auto">{title_html(_cut(issue.title, longest))}</span></span> '
        f'<span class="bz-num">{issue.minutes} min</span></li>\n'
        for issue in issues
    )
    return f"<h2>{level_squares(level)} {level}</h2>\n<ol>\n{rows}</ol>\n" if rows else ""
