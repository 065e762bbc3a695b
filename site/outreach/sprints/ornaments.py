"""The chunk grid as ornament: level as squares, time as cells of a quarter of an hour."""

from outreach.sprints.model import LEVELS, Level

SQUARE = 10
CELL = 7
QUARTER_MINUTES = 15
HOURS_A_ROW = 2


def level_squares(level: Level) -> str:
    """Return three squares, as many filled as the level is hard; the word stands beside them."""
    filled = LEVELS.index(level) + 1
    cells = [(index * (SQUARE + 1), 0, index < filled) for index in range(len(LEVELS))]
    return _svg(cells, SQUARE, len(LEVELS) * (SQUARE + 1) - 1, SQUARE)


def time_cells(minutes: int) -> str:
    """Return one filled cell per quarter of an hour; the rest of the last hour waits as outlines."""
    quarters = -(-minutes // QUARTER_MINUTES)
    hours = -(-quarters // 4)
    cells = []
    for quarter in range(hours * 4):
        hour = quarter // 4
        x = (hour % HOURS_A_ROW) * (4 * (CELL + 1) + 3) + (quarter % 4) * (CELL + 1)
        cells.append((x, (hour // HOURS_A_ROW) * (CELL + 2), quarter < quarters))
    columns = min(hours, HOURS_A_ROW)
    rows = -(-hours // HOURS_A_ROW)
    return _svg(cells, CELL, columns * (4 * (CELL + 1) + 3) - 4, rows * (CELL + 2) - 2)


def _svg(cells: list[tuple[int, int, bool]], size: int, width: int, height: int) -> str:
    # Outlines lie on half pixels, so that a hairline is one pixel; a path is shorter than 16 rectangles.
    on = "".join(f"M{x} {y}h{size}v{size}h-{size}z" for x, y, filled in cells if filled)
    side = size - 1
    off = "".join(f"M{x}.5 {y}.5h{side}v{side}h-{side}z" for x, y, filled in cells if not filled)
    waiting = f'<path class="sprint-off" d="{off}"/>' if off else ""
    return (
        f'<svg class="sprint-cells" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'aria-hidden="true" focusable="false"><path class="sprint-on" d="{on}"/>{waiting}</svg>'
    )
