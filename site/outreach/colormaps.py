"""Colormaps for the array viewer: Matplotlib's, exported as lists of colours."""

import json

# Gray first: the viewer begins with it, and colour means "fetched" there. The last one is for signed values.
NAMES = ("gray", "viridis", "magma", "cividis", "RdBu_r")


def colormaps_json() -> str:
    """Return each colormap by its name: 256 colours of six hexadecimal digits, in one string."""
    from matplotlib import colormaps

    tables = {name: colormaps[name].resampled(256)(range(256), bytes=True) for name in NAMES}
    maps = {name: table[:, :3].tobytes().hex() for name, table in tables.items()}
    return json.dumps(maps, indent=0) + "\n"
