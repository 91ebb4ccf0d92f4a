import inspect
import itertools
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import gzkit as gz
from gzkit.cli.doctor import EXTRAS
from gzkit.mistakes import PARTS

ROOT = Path(__file__).parents[1]
HEAVY = ["torch", "timm", "matplotlib", "scipy.stats", "ipywidgets", "pandas"]


def readme_block(mark):
    """The code block that follows ``<!-- mark -->`` in the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", text, re.DOTALL)[1]


def test_import_brings_no_heavy_library_along():
    code = f"import sys, gzkit; print([name for name in {HEAVY} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_folders_import_only_downwards_and_in_no_circle():
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_mypy_finds_nothing():
    result = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_everything_that_gz_offers_is_annotated():
    bare = []
    for name in dir(gz):
        value = getattr(gz, name)
        functions = {name: value} if inspect.isfunction(value) else {}
        if inspect.isclass(value):
            functions = {
                f"{name}.{method}": function
                for method, function in vars(value).items()
                if inspect.isfunction(function) and (method == "__init__" or not method.startswith("_"))
            }
        for where, function in functions.items():
            parameters = [p for p in inspect.signature(function).parameters if p != "self"]
            wanted = {*parameters, *([] if where.endswith("__init__") else ["return"])}
            bare += [f"{where}: {missing}" for missing in sorted(wanted - set(function.__annotations__))]
    assert bare == []


def test_every_module_says_what_it_is_for():
    for path in (ROOT / "gzkit").rglob("*.py"):
        assert path.read_text(encoding="utf-8").startswith('"""'), path


def test_constraints_hold_versions_and_nothing_else():
    lines = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]*==[a-z0-9.]+", pin) for pin in pins)
    assert "://" not in "\n".join(lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    names = {re.match(r"[\w-]+", line)[0].lower().replace("_", "-") for line in wanted}
    assert names - {"gzkit"} <= {pin.split("==")[0] for pin in pins}


def test_what_to_install_for_what_names_each_package_that_gzkit_brings_along():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = {
        kind: {re.match(r"[\w-]+", line)[0] for line in lines}
        for kind, lines in (
            ("brought", project["dependencies"]),
            ("wished", itertools.chain(*(extras[name] for name in extras if name != "dev"))),
        )
    }
    assert named["brought"] == set(" ".join(PARTS.values()).split())
    assert named["wished"] == set(EXTRAS.values())


def test_the_conda_recipe_asks_for_what_the_package_asks_for():
    """Under conda's names, where they differ."""
    recipe = (ROOT / ".github" / "recipe.yaml").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {"torch": "pytorch", "matplotlib": "matplotlib-base", "lazy_loader": "lazy-loader"}
    wanted = [line.split(">=") for line in project["dependencies"]]
    run = re.search(r"  run:\n    - python .*\n((?:    - .*\n)+)", recipe)[1]
    assert run.splitlines() == [f"    - {names.get(name, name)} >={version}" for name, version in wanted]
    assert (
        f'version: "{project["version"]}"' in recipe and f"- gzkit = {project['scripts']['gzkit']}" in recipe
    )
    assert f'python_min: "{project["requires-python"].removeprefix(">=")}"' in recipe


def test_ci_runs_the_readmes_own_test_command():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    pick = re.search(r"command=\$\((sed .*?)\)\n", script)[1]
    result = subprocess.run(["bash", "-c", pick], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == readme_block("test command")
    assert "pytest tests --doctest-modules gzkit" in result.stdout and "--nbval" in result.stdout


def test_the_readme_names_files_that_are_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = [
        name for name in re.findall(r"!\[[^]]+\]\((.+?)\)", text) if not name.startswith("../../actions")
    ]
    assert len(pictures) == 4 and all((ROOT / picture).stat().st_size < 600_000 for picture in pictures)
    links = re.findall(r"[^!]\[[^]]+\]\(((?!http|\.\./)[^)]+)\)", text)
    assert len(links) > 10 and all((ROOT / link).exists() for link in links)


def test_the_version_is_written_once_more_in_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == gz.__version__
