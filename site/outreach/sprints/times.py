"""Dates as pages and tables show them: absolute and in UTC; the browser adds the reader's zone."""

from datetime import datetime

from outreach.sprints.model import moment

MONTHS: tuple[str, ...] = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day_text(text: str) -> str:
    """Return "2 December 2022" for an ISO date, "December 2022" for a month, "2022" for a year."""
    parts = [int(part) for part in text[:10].split("-")]
    words = [str(parts[0]), *(MONTHS[month - 1] for month in parts[1:2]), *(str(day) for day in parts[2:3])]
    return " ".join(reversed(words))


def span_text(starts: str, ends: str) -> str:
    """Return a span in plain text, in UTC: "2 December 2022, 17:00 to 20:00 UTC"."""
    first, last = moment(starts), moment(ends)
    same_day = first.date() == last.date()
    if "T" not in starts:
        return _day(first) if same_day else f"{_day(first)} to {_day(last)}"
    end = f"{last:%H:%M} UTC" if same_day else f"{_day(last)}, {last:%H:%M} UTC"
    return (
        f"{_day(first)}, {first:%H:%M} to {end}" if same_day else f"{_day(first)}, {first:%H:%M} UTC to {end}"
    )


def span_there(starts: str, ends: str, zone: str | None) -> str:
    """Return a span on the clock of the place, with UTC in brackets, for paper that hangs there."""
    if "T" not in starts or zone in (None, "UTC"):
        return span_text(starts, ends)
    first, last = datetime.fromisoformat(starts), datetime.fromisoformat(ends)
    end = f"{last:%H:%M}" if first.date() == last.date() else f"{_day(last)}, {last:%H:%M}"
    return f"{_day(first)}, {first:%H:%M} to {end}, {zone} time ({span_text(starts, ends)})"


def span_html(starts: str, ends: str) -> str:
    """Return a span as HTML in UTC; moments carry the mark by which the browser adds the reader's zone."""
    first, last = moment(starts), moment(ends)
    same_day = first.date() == last.date()
    if "T" not in starts:
        start = f'<time datetime="{first:%Y-%m-%d}">{_day(first)}</time>'
        return start if same_day else f'{start} to <time datetime="{last:%Y-%m-%d}">{_day(last)}</time>'
    end = f"{last:%H:%M} UTC" if same_day else f"{_day(last)}, {last:%H:%M} UTC"
    return (
        f'<time datetime="{first.isoformat()}" data-bz-local>{_day(first)}, {first:%H:%M} UTC</time> to '
        f'<time datetime="{last.isoformat()}" data-bz-local>{end}</time>'
    )


def moment_html(text: str) -> str:
    """Return an ISO moment in UTC as a `time` element that the browser tells in the reader's zone."""
    when = moment(text)
    return f'<time datetime="{when.isoformat()}" data-bz-local>{_day(when)}, {when:%H:%M} UTC</time>'


def hour_html(when: datetime) -> str:
    """Return the hour of a moment in UTC, for lists within one day; the browser adds the reader's zone."""
    return f'<time datetime="{when.isoformat()}" data-bz-local>{when:%H:%M} UTC</time>'


def day_html(text: str) -> str:
    """Return an ISO date, or as much of one as is known, as a `time` element."""
    return f'<time datetime="{text[:10]}">{day_text(text)}</time>'


def _day(when: datetime) -> str:
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"
