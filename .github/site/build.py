"""The site from what is there: lessons, docstrings, figures, changes.

    python -m pip install -e . --group site
    python .github/site/build.py --out site

A warning of Sphinx is an error, and so is a link inside the site that leads nowhere. Nothing is executed but the
figures of the gallery; lessons show the outputs that the tests compare.
"""

import argparse
import importlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import matplotlib

matplotlib.use("Agg")

import gallery

import gzkit as gz
from gzkit.report import write_trees

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "notebooks"))

import edition  # noqa: E402


def write_api(folder):
    """A page for each folder of the package, in the order in which they import each other, the readable ones first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = [
        layer for layer in contracts[0]["layers"][::-1] if "|" not in layer and layer not in ("cli", "model")
    ]
    folder.mkdir()
    pages = []
    for layer in [*layers[:4], "model", *layers[4:]]:
        module = importlib.import_module(f"gzkit.{layer}")
        own = (name for name in module.__dir__() if not name.startswith("_"))
        names = [
            name
            for name in own
            if f"gzkit.{layer}" in (getattr(getattr(module, name), "__module__", "") or "")
        ]
        lines = "\n".join(f"   {name}" for name in names)
        summary = module.__doc__.replace("`", "``").replace("````", "``").strip()
        title = layer.capitalize()
        text = f"{title}\n{'=' * len(title)}\n\n{summary}\n\n.. currentmodule:: gzkit.{layer}\n\n"
        text += f".. autosummary::\n   :toctree: names\n\n{lines}\n"
        (folder / f"{layer}.rst").write_text(text, encoding="utf-8")
        pages.append(layer)
    index = "API\n===\n\nIn reading order: what was asked, what was answered, the loss, a model, what it predicts.\n"
    index += "``gz.NAME`` is short for the names used most.\n\n.. toctree::\n   :maxdepth: 1\n\n"
    (folder / "index.rst").write_text(index + "".join(f"   {page}\n" for page in pages), encoding="utf-8")


def write_gallery(folder):
    """Every named survey's tree, and every figure with the lines that make it."""
    folder.mkdir()
    text = (
        "# Gallery\n\nTwo pages answer to the hand: <a href='../trees.html'>every survey's tree</a>, to zoom, fold and "
        "walk down, and <a href='../loss.html'>the loss</a>, to drag and train.\n\n## Figures\n\n"
    )
    for title, (code, words) in gallery.FIGURES.items():
        name = re.sub(r"\W+", "-", title.lower())
        gallery.draw(code, folder / f"{name}.png")
        text += f"### {title}\n\n```python\n{code.strip()}\n```\n\n![{words}]({name}.png)\n\n"
    text += "## The surveys that gzkit knows\n\n"
    for name in gz.schema_names():
        gallery.draw(f'gz.plot_tree("{name}")', folder / f"{name}.png")
        schema = gz.load_schema(name)
        words = (
            f"Decision tree of {name}: {len(schema.questions)} questions, {len(schema.label_cols)} answers"
        )
        text += f"### {name}\n\n![{words}]({name}.png)\n\n"
    (folder / "index.md").write_text(text, encoding="utf-8")


class Links(HTMLParser):
    """Addresses of a page, and the places in it that others may point to."""

    def __init__(self):
        super().__init__()
        self.links, self.places = [], set()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.places.update(filter(None, [attrs.get("id"), attrs.get("name") if tag == "a" else None]))
        address = attrs.get("href") if tag in ("a", "link") else attrs.get("src")
        if address and not re.match(r"[a-z]+:|//|#$", address):
            self.links.append(address)


def broken_links(folder):
    """Every link inside the site whose file, or place in it, is not there."""
    pages = {}
    for path in (page for page in folder.rglob("*.html") if "_static" not in page.parts):
        pages[path.resolve()] = Links()
        pages[path.resolve()].feed(path.read_text(encoding="utf-8"))
    broken = []
    for path, page in pages.items():
        for address in page.links:
            name, _, place = address.partition("#")
            target = (path.parent / unquote(name.partition("?")[0])).resolve() if name else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists() or (
                place and target in pages and unquote(place) not in pages[target].places
            ):
                broken.append(f"{path.relative_to(folder.resolve())}: {address}")
    return broken


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        source = Path(room)
        for page in HERE.glob("*.md"):
            shutil.copy(page, source)
        shutil.copy(HERE / "conf.py", source)
        shutil.copy(ROOT / ".github" / "galaxy.png", source)
        shutil.copy(ROOT / ".github" / "CHANGELOG.md", source / "changes.md")
        (source / "_static").mkdir()
        shutil.copy(HERE / "site.css", source / "_static")
        edition.write_edition(source, linked=True)
        shutil.copy(ROOT / "notebooks" / "lecturer.md", source / "lessons")
        write_api(source / "api")
        write_gallery(source / "gallery")
        (source / "alive").mkdir()  # pages as they are
        surveys = [gz.load_schema(name) for name in gz.schema_names()]
        write_trees(source / "alive" / "trees.html", surveys, title="The surveys that gzkit knows")
        gz.explore_loss().to_html(source / "alive" / "loss.html")
        command = [
            sys.executable,
            "-m",
            "sphinx",
            "-q",
            "-W",
            "--keep-going",
            "-b",
            "html",
            source,
            options.out,
        ]
        if subprocess.run(command).returncode:
            sys.exit("the site has warnings, told above")
    broken = broken_links(options.out)
    if broken:
        sys.exit("links that lead nowhere:\n" + "\n".join(broken))
    print(options.out / "index.html")


if __name__ == "__main__":
    main()
