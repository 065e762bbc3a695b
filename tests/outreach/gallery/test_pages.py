"""The gallery's pages: complete, the same every time, and deaf to whatever an entry says."""

import json
import re
import shutil
import sys
from html import escape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import PIL.Image
import pytest
import yaml

from outreach.errors import OutreachError
from outreach.gallery.check import SCHEMA, check_gallery, checker, load_gallery
from outreach.gallery.entry_page import entry_page
from outreach.gallery.freshness.records import Freshness
from outreach.gallery.images import Variant
from outreach.gallery.layouts import read_layout
from outreach.gallery.pages import gallery_json, generate_gallery
from outreach.gallery.samples import sample_problems
from outreach.paths import Project
from outreach.reading import Document, ProblemsError, parse_yaml
from outreach.writing import Output

CHECKOUT = Path(__file__).parents[3]
BASE = CHECKOUT / "gallery_data" / "retina-fundus"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[x](javascript:alert(1)) ![y](z)",
    "--- title: owned ---",
    "{{ config.site_name }} {% raw %}",
    "' onmouseover='alert(1)",
    "]]><!-- --> </div></article>",
    "{: onclick=alert(1) } --8<-- 'x'",
)
# Inert as well, and shown as they were written: other directions, marks of their own, several as one sign.
ODD = (
    "מים גבוהים וגלים",
    "e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT} 潮汐",
    "\U0001f468\u200d\U0001f52c tides",
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(tmp_path, cache) -> Project:
    shutil.copytree(BASE, tmp_path / "gallery_data" / "retina-fundus")
    # Encoding takes seconds; the tests share what they encode, as builds do.
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "cache").symlink_to(cache)
    return Project(tmp_path)


def generate(project: Project) -> dict[str, bytes]:
    output = Output(project.pages / "gallery")
    generate_gallery(project, output)
    return output.files


def change(project: Project, **fields: object) -> None:
    path = project.gallery_data / "retina-fundus" / "entry.yaml"
    data = parse_yaml(path.read_bytes(), "entry").data
    for name, value in fields.items():
        if isinstance(data.get(name), dict):
            data[name].update(value)
        else:
            data[name] = value
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


def drop(project: Project, name: str) -> None:
    path = project.gallery_data / "retina-fundus" / "entry.yaml"
    data = parse_yaml(path.read_bytes(), "entry").data
    del data[name]
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


class Tags(HTMLParser):
    """Collects the tags and attributes of a page, and what is left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs
        if tag not in ("img", "source", "input", "br", "wbr", "link", "meta", "path", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def body(files: dict[str, bytes], name: str) -> str:
    text = files[name].decode()
    front, page = re.fullmatch(r"---\n(.*?)\n---\n\n(.*)", text, re.DOTALL).groups()
    assert set(yaml.safe_load(front)) <= {"title", "description", "hide", "template", "card", "linked_data"}
    return page


@pytest.mark.parametrize("attack", HOSTILE + ODD)
def test_hostile_text_is_inert_on_every_page(project, attack):
    text = f"{attack} and enough words to make a summary of forty characters"
    change(
        project,
        title=attack,
        summary=text,
        people=[attack],
        found_by=[{"name": attack, "url": "https://example.org/found"}],
        picture={"alt": f"{attack} four more honest words", "credit": attack, "made": text},
        sample={"about": text},
        links=[{"label": attack[:40], "url": "https://example.org/"}],
        sources=[{"found_in": attack, "url": None, "commit": None, "date": None}],
    )
    files = generate(project)
    clean = Tags(body(generate_clean(project), "retina-fundus/index.md"))
    for name in (name for name in files if name.endswith("index.md")):
        tags = Tags(body(files, name))
        assert tags.open == []
        assert "script" not in tags.names
        assert not [key for key, _ in tags.attributes if key.startswith("on")]
        assert not [value for key, value in tags.attributes if key == "href" and not safe(value)]
        if name == "retina-fundus/index.md":
            assert tags.names == clean.names
    assert json.loads(files["gallery.json"])["entries"][0]["title"] == attack
    assert ET.fromstring(files["feed.xml"]).findtext("{*}entry/{*}title") == attack
    head = yaml.safe_load(files["retina-fundus/index.md"].decode().split("---\n")[1])
    assert not set("<>&") & set(head["linked_data"])
    assert json.loads(head["linked_data"])["name"] == attack
    assert "<" not in head["title"] + head["description"]


def generate_clean(project: Project) -> dict[str, bytes]:
    finder = {"name": "Ada Example", "url": "https://example.org/found"}
    link = {"label": "Example", "url": "https://example.org/"}
    change(project, title="Retina", links=[link], found_by=[finder])
    return generate(project)


def safe(href: str | None) -> bool:
    return bool(href) and bool(
        re.match(r"https://|\.\./|[a-z0-9-]+/|sample\.zarr/|(feed\.xml|gallery\.json)$", href)
    )


def test_front_matter_holds_a_title_as_text(project):
    change(project, title="a: b\\n---\\n# c")
    text = generate(project)["retina-fundus/index.md"].decode()
    assert yaml.safe_load(text.split("---\n")[1])["title"] == "a: b\\n---\\n# c"


def test_output_is_the_same_every_time(project):
    first = generate(project)
    shutil.rmtree(project.root / "build")
    assert generate(project) == first


def test_a_rebuild_takes_pictures_from_the_cache(project, monkeypatch):
    first = generate(project)
    monkeypatch.setattr("outreach.gallery.images._encode", None)
    assert generate(project) == first


def test_samples_are_published_whole_with_hidden_files(tmp_path):
    shutil.copytree(
        CHECKOUT / "gallery_data" / "sun-in-128-pixels", tmp_path / "gallery_data" / "sun-in-128-pixels"
    )
    files = generate(Project(tmp_path))
    source = tmp_path / "gallery_data" / "sun-in-128-pixels" / "sample.zarr"
    published = {name for name in files if "/sample.zarr/" in name}
    assert "sun-in-128-pixels/sample.zarr/.zarray" in published
    assert len(published) == sum(path.is_file() for path in source.rglob("*"))


def test_pictures_have_sizes_formats_alt_text_and_room(project):
    page = body(generate(project), "retina-fundus/index.md")
    image = re.search(r"<img [^>]*>", page)[0]
    assert 'width="1411" height="1411"' in image
    assert 'alt="A glowing orange disc' in image
    assert page.count('type="image/avif"') == page.count('type="image/webp"') == 1
    assert "picture-480.avif 480w, picture-960.avif 960w, picture-1411.avif 1411w" in page
    assert 'data-bz-copy="#credit"' in page
    assert "Report or remove this picture" in page


def test_every_picture_has_its_credit_to_copy_and_a_way_to_report_it():
    project = Project(CHECKOUT)
    for entry in load_gallery(project):
        variants = (Variant(960, 600, "webp", b""),)
        page = entry_page(entry, variants, None, (None, None), (), "card.jpg", Freshness())
        credit = f"{entry.picture.credit}. Licence: {entry.picture.licence}." if entry.picture else "<img"
        parts = [
            'data-bz-copy="#credit"',
            escape(credit) if entry.picture else credit,
            f"issues/new?title=Gallery%3A%20report%20or%20remove%20{entry.slug}",
        ]
        assert [part in page for part in parts] == [entry.picture is not None] * len(parts), entry.slug


def test_the_json_of_the_gallery_is_what_the_schema_says():
    rows = json.loads(gallery_json(load_gallery(Project(CHECKOUT))))["entries"]
    assert len(rows) >= 60
    for row in rows:
        document = Document(row.pop("slug"), row, {})
        assert checker().problems(document) == []


def test_a_picture_that_is_partly_transparent_stands_on_white(project):
    folder = project.gallery_data / "retina-fundus"
    shades = PIL.Image.new("P", (700, 400), 1)
    shades.putpalette([0, 0, 0, 255, 0, 0])
    shades.save(folder / "picture.png", transparency=1)
    (folder / "picture.webp").unlink()
    change(project, picture={"file": "picture.png"})
    picture = PIL.Image.open(BytesIO(generate(project)["retina-fundus/picture-700.webp"]))
    assert picture.getpixel((350, 200)) == (255, 255, 255)


def test_published_pictures_carry_no_metadata(project):
    path = project.gallery_data / "retina-fundus" / "picture.webp"
    image = PIL.Image.open(path)
    exif = PIL.Image.Exif()
    exif[0x013B] = "someone who did not want to be named"
    image.save(path, exif=exif, icc_profile=b"profile")
    files = generate(project)
    for name, content in files.items():
        if "/picture-" in name:
            assert b"someone" not in content
            assert not PIL.Image.open(BytesIO(content)).getexif()


def test_facts_describe_the_gallery(project):
    facts = generate_gallery(project, Output(project.pages / "gallery"))
    assert (facts.entries, facts.kinds, facts.domains) == (1, 1, 1)
    picture = facts.pictures[0]
    assert picture.src == "gallery/retina-fundus/picture-960.webp"
    assert (picture.width, picture.height) == (960, 960)
    assert picture.srcset_avif.startswith("gallery/retina-fundus/picture-480.avif 480w, ")


def test_unknown_facts_are_shown_as_not_recorded(project):
    change(project, year=None, licence=None)
    page = body(generate(project), "retina-fundus/index.md")
    assert re.search(r"<dt>Year</dt><dd><span[^>]*>not recorded", page)
    assert re.search(r"<dt>Licence</dt><dd><span[^>]*>not recorded", page)


def test_a_broken_entry_stops_generation_before_anything_is_planned(project):
    change(project, kind="pictures")
    output = Output(project.pages / "gallery")
    with pytest.raises(ProblemsError, match="did you mean 'picture'"):
        generate_gallery(project, output)
    assert output.files == {}


def damage(folder: Path, how: str) -> None:
    metadata = json.loads((folder / "zarr.json").read_text())
    if how == "cut chunk":
        (folder / "c/1/2/0").write_bytes((folder / "c/1/2/0").read_bytes()[:10])
    elif how == "codec settings":
        metadata["codecs"].append({"name": "zstd", "configuration": {"level": "high"}})
    elif how == "fill value":
        metadata["fill_value"] = "high"
    elif how == "chunk keys":
        metadata["chunk_key_encoding"] = {"name": "hashed"}
    elif how == "long strings":
        metadata |= {"data_type": {"name": "fixed_length_utf32", "configuration": {"length_bytes": 4000}}}
        metadata |= {"fill_value": "", "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}
    (folder / "zarr.json").write_text(json.dumps(metadata))


@pytest.mark.parametrize(
    ("how", "key"),
    [
        ("cut chunk", "c/1/2/0"),
        ("codec settings", "zarr.json"),
        ("fill value", "zarr.json"),
        ("chunk keys", "zarr.json"),
    ],
)
def test_a_sample_that_zarr_cannot_read_stops_generation(project, how, key):
    sample = project.gallery_data / "retina-fundus" / "sample.zarr"
    damage(sample, how)
    layout = read_layout(sample)
    change(project, array={"dtype": layout.dtype, "codecs": list(layout.codecs)})
    assert check_gallery(project).problems == ()
    output = Output(project.pages / "gallery")
    with pytest.raises(ProblemsError) as caught:
        generate_gallery(project, output)
    (problem,) = caught.value.problems
    assert problem.file == f"gallery_data/retina-fundus/sample.zarr/{key}"
    assert re.fullmatch(r"expected .*, found none \(.+\); run make.py again", problem.message)
    assert str(project.root) not in str(problem)
    assert output.files == {}


def test_a_sample_that_would_fill_the_memory_is_not_read(project):
    sample = project.gallery_data / "retina-fundus" / "sample.zarr"
    damage(sample, "long strings")
    (problem,) = sample_problems(project, sample)
    assert "2,764,800,000 bytes of values, more than 500,000,000" in problem.message


def test_without_zarr_generation_says_what_to_install(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    output = Output(project.pages / "gallery")
    with pytest.raises(OutreachError, match=r"expected zarr .* found .*; run uv sync"):
        generate_gallery(project, output)
    assert output.files == {}


def test_a_licence_text_is_published_and_linked(project):
    assert "licence text" not in body(generate(project), "retina-fundus/index.md")
    (project.gallery_data / "retina-fundus" / "LICENSE.txt").write_text("Copyright 2024 Ada Example\n")
    change(project, licence="MIT", licence_file="LICENSE.txt")
    files = generate(project)
    assert files["retina-fundus/LICENSE.txt"] == b"Copyright 2024 Ada Example\n"
    page = body(files, "retina-fundus/index.md")
    assert page.count('(<a href="LICENSE.txt">licence text</a>)') == 2


@pytest.mark.parametrize("shape", [[12, 1024], None])
@pytest.mark.parametrize("chunks", [[5, 7], None])
@pytest.mark.parametrize("shards", [[10, 14], None])
@pytest.mark.parametrize("dims", [["y", "x"], None])
def test_whatever_is_known_of_an_array_makes_a_page(project, shape, chunks, shards, dims):
    shutil.rmtree(project.gallery_data / "retina-fundus" / "sample.zarr")
    (project.gallery_data / "retina-fundus" / "make.py").unlink()
    change(project, array={"shape": shape, "chunks": chunks, "shards": shards, "dims": dims})
    drop(project, "sample")
    assert "How it is stored" in body(generate(project), "retina-fundus/index.md")


def test_the_whole_gallery_reads_without_scripts():
    output = Output(CHECKOUT / "none")
    facts = generate_gallery(Project(CHECKOUT), output)
    index = body(output.files, "index.md")
    assert index.count("data-bz-item") == facts.entries
    assert index.count('loading="lazy"') == len(facts.pictures) - 4
    for name in (name for name in output.files if name.endswith("index.md")):
        assert Tags(body(output.files, name)).open == []
    assert output.files[SCHEMA.name] == SCHEMA.read_bytes()
    order = re.findall(r'<a href="([a-z0-9-]+)/"><span class="bz-card-face">', index)
    assert [picture.slug for picture in facts.pictures] == order[: len(facts.pictures)]
