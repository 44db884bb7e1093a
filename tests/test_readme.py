import argparse
import json
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from annotation.cycle import command as cycle_command
from odin.__main__ import COMMANDS, main
from odin.benchmark import zero_shot, zero_shot_command
from odin.benchmark.few_shot_command import HEADER, few_shot_rows
from odin.benchmark.peers.report import peers_markdown, peers_table
from odin.benchmark.report import tables_markdown
from odin.benchmark.streaming import streaming_table
from odin.evaluation.report import markdown_table
from odin.extraction.catalog import MODELS_FOLDER
from odin.extraction.model_folder import weights_hash
from odin.transfer.summary import to_markdown, transfer_table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", [ROOT / "README.md", MODELS_FOLDER / "odin-mini" / "README.md"])
def test_the_figures_are_those_of_the_last_benchmark_of_these_weights(place):
    records = json.loads((MODELS_FOLDER / "odin-mini" / "benchmark.json").read_text(encoding="utf-8"))
    assert tables_markdown(records) in place.read_text(encoding="utf-8")
    assert {record["model"] for record in records} == {
        f"odin-mini@{weights_hash(MODELS_FOLDER / 'odin-mini', 'model.safetensors')}"
    }


def test_the_other_tables_are_those_of_the_last_run():
    folder = ROOT / "data" / "benchmark"
    peers = json.loads((folder / "peers.json").read_text(encoding="utf-8"))
    assert f"<!-- peers -->\n{peers_table(peers)}\n" in README
    assert (folder / "peers.md").read_text(encoding="utf-8") == peers_markdown(peers)
    streams = json.loads((folder / "streaming.json").read_text(encoding="utf-8"))
    assert f"<!-- streaming -->\n{streaming_table(streams)}\n" in README
    draws = json.loads((folder / "few_shot.json").read_text(encoding="utf-8"))
    assert f"<!-- few-shot -->\n{markdown_table(HEADER, few_shot_rows(draws))}\n" in README
    left_out = json.loads((folder / zero_shot.REPORT).read_text(encoding="utf-8"))
    rows = [row for report in left_out for row in zero_shot_command.zero_shot_rows(report)]
    assert f"<!-- zero-shot -->\n{markdown_table(zero_shot_command.HEADER, rows)}\n" in README
    study = json.loads((folder / "transfer.json").read_text(encoding="utf-8"))
    assert f"<!-- transfer -->\n{transfer_table(study['records'])}\n" in README
    assert (folder / "transfer.md").read_text(encoding="utf-8") == to_markdown(study["records"], study["settings"])
    once = json.loads((folder / "cycle.json").read_text(encoding="utf-8"))
    assert f"<!-- cycle -->\n{markdown_table(cycle_command.HEADER, cycle_command.cycle_rows(once))}\n" in README


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


def readme_commands():
    lines = [line for block in re.findall(r"```bash\n(.*?)```", README, re.S) for line in block.splitlines()]
    return [shlex.split(line, comments=True)[3:] for line in lines if line.startswith("python -m odin")]


LONG = {"train", "benchmark"}
"""Hours, or minutes: their options are checked, and other tests run them on less."""


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with the files that the README's commands name and no command before them writes."""
    folder = tmp_path_factory.mktemp("readme")
    note = '{"id": "n1", "text": "Aspirin.", "entities": [{"id": "T1", "label": "Drug", "start": 0, "end": 7}]}\n'
    (folder / "notes").mkdir()
    (folder / "notes" / "a.txt").write_text("Denies fever. Takes metformin for type 2 diabetes.", encoding="utf-8")
    (folder / "visits.csv").write_text("id,note\n1,Aspirin for headache.\n", encoding="utf-8")
    for name in ("abstracts", "gold", "ann", "ben"):
        (folder / f"{name}.jsonl").write_text(
            note if name != "abstracts" else note.replace("Drug", "ChemicalEntity"), encoding="utf-8"
        )
    return folder


@pytest.mark.parametrize("arguments", readme_commands(), ids=" ".join)
def test_every_command_in_the_readme_runs(arguments, workplace, monkeypatch, capsys):
    monkeypatch.chdir(workplace)
    if arguments[0] in LONG:
        parser = argparse.ArgumentParser()
        import_module(COMMANDS[arguments[0]][0]).add_arguments(parser)
        parser.parse_args(arguments[1:])
        return
    if "--predicted" in arguments:
        (workplace / "found.jsonl").write_text((workplace / "gold.jsonl").read_text(), encoding="utf-8")
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    assert code == 0, capsys.readouterr().err
