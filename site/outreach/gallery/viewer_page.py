"""The array viewer's way into the pages: the button below a picture, and the page for pasted addresses."""

from collections.abc import Mapping, Sequence

from outreach.gallery.entries import Entry
from outreach.gallery.samples import SampleFacts
from outreach.html import escape, page, user_text

# What the viewer loads when it is opened, gzipped; a test fails when these are no longer near the truth.
SCRIPT_KB = 28
DECODER_KB = {"blosc": 205, "lz4": 16, "zstd": 243}
DECODER_NAMES = {"blosc": "Blosc", "lz4": "LZ4", "zstd": "Zstandard"}


def viewer_button(entry: Entry, sample: SampleFacts) -> str:
    """Return the button that opens the sample of `entry` in place of the picture, with what it will load."""
    dims = "|".join(entry.array.dims) if entry.array and entry.array.dims else ""
    named = f' data-bz-dims="{escape(dims)}"' if dims else ""
    count = f"{sample.chunk_count:,} chunk{'s' if sample.chunk_count != 1 else ''}"
    return f"""<div class="bz-open">
<button type="button" class="bz-button" data-bz-open="sample.zarr/" data-bz-first="{sample.metadata}"
data-bz-stored="{sample.all_bytes}" data-bz-title="{escape(entry.title)}"{named}
hidden>Open in the viewer</button>
<p>{_decoders(sample.decoders)} The sample holds {count} in {_kilobytes(sample.stored_bytes)}; only those you
look at are fetched.</p>
</div>"""


def _decoders(names: Sequence[str]) -> str:
    loads = [f"{SCRIPT_KB} kB of script"]
    loads += [f"{DECODER_KB[name]} kB of decoder for {DECODER_NAMES[name]}" for name in names]
    return f"Loads {' and '.join(loads)}."


def _kilobytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def viewer_page(entries: Sequence[Entry], samples: Mapping[str, SampleFacts]) -> str:
    """Return the Markdown file of the page on which a pasted address opens."""
    links = "".join(
        f'<li><a href="../{entry.slug}/">{user_text(entry.title)}</a> '
        f"<span>{escape(' × '.join(f'{length:,}' for length in samples[entry.slug].levels[0]))}</span></li>"
        for entry in entries
        if entry.slug in samples
    )
    decoders = ", ".join(
        f"{DECODER_KB[name]} kB for {label}" for name, label in sorted(DECODER_NAMES.items())
    )
    body = f"""<p class="bz-crumb"><a href="../">Gallery</a></p>
<h1>Array viewer</h1>
<p class="bz-lead">See how an array is cut: only the chunks that you look at are fetched, and they light up as
they come.</p>
<form class="bz-viewer-form" data-bz-viewer-page hidden>
<label for="viewer-url">Address of a Zarr array or OME-Zarr image</label>
<div><input id="viewer-url" name="url" type="text" inputmode="url" autocomplete="url" spellcheck="false"
placeholder="https://example.org/data.zarr" required><button class="bz-button">Open</button></div>
<p role="status" data-bz-said></p>
</form>
<noscript><p>The viewer is a script. Without it, zarr and zarr_partial open the same addresses.</p></noscript>
<section aria-labelledby="what-happens">
<h2 id="what-happens">What happens when you press Open</h2>
<p>Your browser, and nothing in between, asks the store at that address for metadata and chunks; the
store sees your address as with any page. Before you press, nobody is asked. The viewer loads
{SCRIPT_KB} kB of script, and a decoder where the array needs one: {decoders}. Chunks of more than
16 MB of values, and views of more than 64 MB or 300 chunks, are fetched only after a question.</p>
<p>The store must let this site read it (CORS) and, for sharded arrays, answer Range requests. Shown are
numbers of 8 to 64 bits and booleans, in Zarr 2 and 3, with Blosc, Zstandard, LZ4, gzip, zlib, delta,
shuffle, transpose, crc32c and sharding. What the viewer cannot show right, it refuses by name.</p>
</section>
<section aria-labelledby="samples">
<h2 id="samples">Or begin with a sample</h2>
<ul class="bz-viewer-samples">{links}</ul>
</section>"""
    description = "Open a Zarr array in the browser and see which chunks a view fetches"
    return page("Array viewer", description, body, hide=("navigation", "toc"))
