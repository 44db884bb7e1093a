"""`python -m odin train`: train from a configuration, here or in a process that outlives the terminal."""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from odin.arguments import above_zero
from odin.devices import add_device
from odin.errors import InputError
from odin.training.config import JOINT, NATIVE, Source, in_stages, read_settings
from odin.training.few_shot import few_shot_config
from odin.training.kinds import KINDS, configuration


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "config", nargs="+", metavar="CONFIG", help="a JSON file, as models/odin-mini/training.json, or several: each "
        "then goes on from the weights that the one before it kept, all in the run's folder; with --data what to begin "
        "with: minilm, a folder, a model at hand, or a hub id",
    )  # fmt: skip
    parser.add_argument("--data", nargs="+", default=[], metavar="NAME", help="corpora, or .jsonl files, to train on")
    parser.add_argument("--labels", default="clinical", help="with --data: the label set (default: %(default)s)")
    parser.add_argument(
        "--kind", default=JOINT, choices=list(KINDS), help="with --data: the joint encoder, or a language model with "
        "an adapter (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--few-shot", action="store_true", help="with --data: settings for a few reviewed notes, such as 20, of which "
        "none is held back; begin with a trained model, such as odin-mini",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, metavar="N", help="instead of that of the configuration's last stage")
    parser.add_argument("--run", type=Path, help="the run's folder; an unfinished run in it is resumed")
    add_device(parser)
    parser.add_argument("--threads", type=above_zero, help="processor threads (default: all)")
    parser.add_argument("--detach", action="store_true", help="train in the background; see `python -m odin runs`")
    parser.add_argument("--check", action="store_true", help="do not train: print what would be cut, leaks, time")


def run(options: argparse.Namespace) -> int:
    """Train, and print the dev scores of the weights that were kept; 1 where the run was stopped before its end."""
    settings = settings_of(options)
    if options.check:
        return _check(settings, options)
    if options.run is None:
        raise InputError("give the run's folder: --run FOLDER")
    if options.detach:
        return _detach(settings, options)
    import torch

    from odin.training.performing import perform

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    if options.threads:
        torch.set_num_threads(options.threads)
    metrics = perform(settings, options.run, device=options.device)
    if metrics is None:
        print(f"stopped; the same command goes on from the checkpoint in {options.run}")
        return 1
    print(json.dumps(metrics, indent=1))
    return 0


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    """The configuration that the options name or describe, in its JSON form. Raises InputError."""
    settings = _described(options)
    return settings if options.seed is None else {**settings, "seed": options.seed}


def _described(options: argparse.Namespace) -> dict[str, Any]:
    if options.few_shot and (not options.data or options.kind != JOINT):
        raise InputError(f"--few-shot goes with --data and the kind {JOINT!r}: see `python -m odin train --help`")
    if not options.data:
        stages = [configuration(read_settings(path), place=path) for path in options.config]
        return (in_stages(stages) if len(stages) > 1 else stages[0]).to_json()
    if len(options.config) > 1:
        raise InputError(f"--data: begin with one base, not with {' and '.join(options.config)}")
    sources = [Source(name, options.labels) for name in options.data]
    if options.few_shot:
        return few_shot_config(tuple(sources), base=options.config[0]).to_json()
    dev = [Source(name, options.labels, "dev") for name in options.data if not name.endswith(NATIVE)]
    if not dev:
        raise InputError(
            "--data: a file has no dev split; name its dev file in a configuration, or add a corpus; "
            "or give --few-shot for a few notes that are all learnt"
        )
    value = {"sources": list(map(asdict, sources)), "dev": list(map(asdict, dev)), "base": options.config[0]}
    return configuration({**value, "kind": options.kind}, place="--data").to_json()


def _detach(settings: dict[str, Any], options: argparse.Namespace) -> int:
    from odin.training.launching import resume, start
    from odin.training.performing import check_goes_on
    from odin.training.run_folder import is_run

    if is_run(options.run):
        check_goes_on(configuration(settings), options.run)
        run = resume(options.run)
    else:
        place = options.run.resolve()
        run = start(settings, place.name, home=place.parent, device=options.device, threads=options.threads)
    print(f"{run.folder}: {run.state}; `python -m odin runs show {run.folder}` tells how far it is")
    return 0


def _check(settings: dict[str, Any], options: argparse.Namespace) -> int:
    from odin.training.checking import check

    print(json.dumps(check(settings, device=options.device, threads=options.threads), indent=1))
    return 0
