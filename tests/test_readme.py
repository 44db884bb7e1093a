import json
import re
from pathlib import Path

import pytest

from odin.__main__ import COMMANDS
from odin.evaluation.benchmark import figures_markdown
from odin.extraction.catalog import MODELS_FOLDER

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", [ROOT / "README.md", MODELS_FOLDER / "odin-mini" / "README.md"])
def test_the_figures_are_those_of_the_last_benchmark_of_these_weights(place):
    records = json.loads((MODELS_FOLDER / "odin-mini" / "benchmark.json").read_text(encoding="utf-8"))
    assert figures_markdown(records) in place.read_text(encoding="utf-8")


def test_every_command_in_the_readme_exists():
    named = set(re.findall(r"python -m odin ([a-z][a-z-]*)", README))
    assert named
    assert named <= set(COMMANDS)


def test_every_place_in_the_annotated_tree_exists():
    tree = README.split("## What is where")[1].split("```")[1]
    folder = ROOT
    for line in filter(str.strip, tree.splitlines()):
        name = line.split()[0]
        indented = line.startswith(" ")
        path = folder / name if indented else ROOT / name
        assert path.exists(), f"{name} is in the README's tree and not in the project"
        if not indented and name.endswith("/"):
            folder = ROOT / name
