"""`python -m odin runs`: list, show, pause, stop and resume runs."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from odin.errors import InputError
from odin.training.control import PAUSE, ask
from odin.training.launching import resume, stop
from odin.training.run_folder import Run, find_run, list_runs, metrics_of, runs_folder

ACTIONS = ("list", "show", "pause", "stop", "resume")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("run", nargs="?", help="the run's name, or its folder; not with list")
    parser.add_argument("--home", type=Path, help=f"with list: the folder of runs (default: {runs_folder()})")


def run(options: argparse.Namespace) -> int:
    """Do it, and say how the run stands afterwards. Raises InputError."""
    if options.action == "list":
        for found in list_runs(options.home):
            print(line_of(found))
        return 0
    if not options.run:
        raise InputError(f"runs {options.action}: name a run; `python -m odin runs list` shows those there are")
    found = find_run(options.run)
    if options.action == "pause":
        ask(found.folder, PAUSE)
    elif options.action == "stop":
        found = stop(found.folder, wait_seconds=60)
    elif options.action == "resume":
        found = resume(found.folder)
    print(line_of(found))
    if options.action == "show":
        _show(found)
    return 0


def line_of(run: Run) -> str:
    """Name, state, progress and message in one line."""
    records = metrics_of(run.folder)
    newest = records[-1] if records else {}
    scores = [record["score"] for record in records if "score" in record]
    parts = [f"{run.name:24} {run.state:9} {run.device:7}"]
    if newest:
        parts.append(f"step {newest['step']} of {newest['steps']}")
    if scores:
        parts.append(f"best dev score {max(scores):.3f}")
    left = next((record["seconds_left"] for record in reversed(records) if "seconds_left" in record), None)
    if run.alive and left is not None:
        parts.append(f"{left / 60:.0f} min" + (" of this stage left" if "stage" in newest else " left"))
    return "  ".join([*parts, run.message]).rstrip()


def _show(run: Run) -> None:
    print(f"folder {run.folder}\nqueued {time.strftime('%Y-%m-%d %H:%M', time.localtime(run.created))}")
    stages = [*run.config.get("first", ()), run.config]
    print(f"base {stages[0].get('base')}  seed {run.config.get('seed')}")
    for number, stage in enumerate(stages, 1):
        if len(stages) > 1:
            print(f"stage {number}")
        for key in ("sources", "dev"):
            for item in stage.get(key, ()):
                what = f"{item['corpus']}/{item.get('split', 'train')} as {item['label_set']}"
                print(f"{key:8} {what}" + (f"  weight {item.get('weight', 1.0)}" if key == "sources" else ""))
    for record in metrics_of(run.folder):
        if "dev" in record:
            for name, scores in record["dev"].items():
                print(f"step {record['step']:6}  {name}: " + "  ".join(f"{k} {v:.3f}" for k, v in scores.items()))
