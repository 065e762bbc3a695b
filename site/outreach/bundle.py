"""Browser modules, style sheet, colormaps and heading face, into the generated assets folder of the pages."""

import gzip
import tempfile
from pathlib import Path

from outreach.colormaps import colormaps_json
from outreach.node import install_packages, run_node
from outreach.paths import Project
from outreach.writing import Output

FACE = "archivo-latin-wght-normal.woff2"
# What the array viewer is bundled with. Their licence, MIT, asks that its text travels with them.
BUNDLED = ("zarrita", "numcodecs")


def bundle(project: Project) -> tuple[int, float]:
    """Bundle modules and style sheets, export the colormaps, copy the face; return how many scripts, and kB.

    Names are stable for entry points and carry a hash of the content for shared parts, so that two builds
    of the same sources give the same files.
    """
    install_packages(project)
    output = Output(project.pages / "assets" / "generated")
    made = _esbuild(project)
    for name, content in made.items():
        output.add(name, content)
    scripts = [content for name, content in made.items() if name.endswith(".js")]
    fontsource = project.browser / "node_modules" / "@fontsource-variable" / "archivo"
    output.add(f"fonts/{FACE}", (fontsource / "files" / FACE).read_bytes())
    # The Open Font License asks that its text travels with the face.
    output.add("fonts/archivo-LICENSE.txt", (fontsource / "LICENSE").read_bytes())
    for name in BUNDLED:
        output.add(f"licences/{name}.txt", (project.browser / "node_modules" / name / "LICENSE").read_bytes())
    output.add("colormaps.json", colormaps_json())
    output.finish()
    return len(scripts), sum(len(gzip.compress(content, 9)) for content in scripts) / 1000


def _esbuild(project: Project) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        run_node(
            project,
            "node_modules/esbuild/bin/esbuild",
            "main.ts",
            # The service worker of sprint pages: loaded by itself, so an entry point of its own.
            "offline.ts",
            "styles/site.css",
            "--bundle",
            "--splitting",
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--charset=utf8",
            "--legal-comments=linked",
            "--log-level=warning",
            "--entry-names=[name]",
            # The face is copied as it is.
            "--external:./fonts/*",
            "--chunk-names=chunks/[name]-[hash]",
            f"--outdir={folder}",
        )
        made = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in made}
