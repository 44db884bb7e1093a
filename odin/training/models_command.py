"""`python -m odin models`: list the models at hand, show a card, check, pack, average, send and fetch model folders."""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

from odin.arguments import zero_or_more
from odin.errors import InputError, ModelError
from odin.extraction.catalog import DICTIONARY, default_model, find_model, model_names, own_models_folder, use_model
from odin.extraction.model_folder import CONFIG, SUMS, WEIGHTS
from odin.extraction.storage import INT8, STORAGES
from odin.hub import add_push_arguments, confirm_from, plan_upload, push
from odin.training.config import read_settings
from odin.training.registry import CARD, average_models, pack_model, verify, write_sums

ACTIONS = ("list", "card", "check", "use", "calibrate", "pack", "average", "push", "pull")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("model", nargs="?", help="a name, or a folder; with pull OWNER/NAME on the hub")
    parser.add_argument("repo", nargs="?", help="with push: OWNER/NAME on the hub")
    parser.add_argument(
        "--documents", type=zero_or_more, default=0, help="with calibrate: dev notes of a corpus (default: all)"
    )
    parser.add_argument("--name", help="with pull: what to call it here (default: NAME)")
    parser.add_argument(
        "--storage", choices=STORAGES, default=INT8, help="with pack: how its weights are stored (default: %(default)s)"
    )
    parser.add_argument(
        "--with", dest="others", nargs="+", default=[], metavar="MODEL", help="with average: the other models"
    )
    parser.add_argument("--output", type=Path, help="with pack and average: the new folder")
    add_push_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Do it. Raises ModelError, InputError, HubError."""
    if options.action == "list":
        return _list()
    if not options.model:
        raise InputError(f"models {options.action}: name a model; `python -m odin models list` shows those at hand")
    if options.action == "pull":
        print(pull(options.model, options.name))
        return 0
    if options.action == "use":
        use_model(options.model)
        print(f"Extract and the suggestions of Review begin with {options.model}")
        return 0
    folder = _folder_of(options.model, options.action)
    if options.action == "calibrate":
        _calibrate(folder, options.documents)
    elif options.action == "pack":
        _pack(folder, options.output, options.storage)
    elif options.action == "average":
        _average([folder, *map(find_model, options.others)], options.output)
    elif options.action == "card":
        _show_card(folder)
    else:
        verify(folder)
        if options.action == "check":
            print(f"{folder}: whole")
        elif not options.repo:
            raise InputError("models push: give the repository as well: models push MODEL OWNER/NAME")
        else:
            plan = plan_upload(folder, options.repo, "model", public=options.public)
            print(push(plan, confirm=confirm_from(options), allow_phi=options.allow_phi))
    return 0


def _folder_of(name: str, action: str) -> Path:
    if name == DICTIONARY:
        raise InputError(f"models {action}: {name} is terms of the knowledge graph, without weights and a folder")
    return find_model(name)


def _show_card(folder: Path) -> None:
    path = folder / CARD
    if not path.is_file():
        raise ModelError(f"{folder}: it has no card ({CARD})")
    print(path.read_text(encoding="utf-8"))


def _calibrate(folder: Path, documents: int) -> None:
    """Choose the model's thresholds and fit the scales of its scores on the dev sources that it was trained with."""
    from odin.extraction.model_folder import read_model
    from odin.training.calibration import write_decoding
    from odin.training.config import TrainingConfig
    from odin.training.data import dev_sources
    from odin.training.validation import tune

    verify(folder)
    extractor = read_model(folder)
    config = TrainingConfig.from_json(read_settings(str(folder / CONFIG)).get("training") or {}, place=str(folder))
    done: set[str] = set()
    for name, labels, notes in dev_sources(config.dev, extractor.labels, most=documents):
        if labels.name not in done:
            tune(extractor, labels, notes)
            done.add(labels.name)
            own = extractor.decoding[labels.name]
            print(f"{labels.name}, {len(notes)} notes of {name}: {own}")
    if not done:
        raise InputError(f"{folder}: its configuration names no dev notes to calibrate on")
    write_decoding(extractor, folder)
    if (folder / SUMS).is_file():
        write_sums(folder)


def _pack(folder: Path, target: Path | None, storage: str) -> None:
    """Write the model with its weights stored another way into a folder of its own."""
    target = _new_folder(target, "models pack MODEL --output FOLDER")
    pack_model(folder, target, storage=storage)
    before, after = ((place / WEIGHTS).stat().st_size / 1e6 for place in (folder, target))
    print(f"{target}: weights of {after:.1f} MB in {storage}, {before:.1f} MB before")
    print(f"its card and scores are those of {folder}; `python -m odin benchmark CORPUS --model {target}` measures it")


def _average(folders: list[Path], target: Path | None) -> None:
    """Write the model whose weights are the mean of those of several."""
    target = _new_folder(target, "models average MODEL --with OTHER --output FOLDER")
    average_models(folders, target)
    print(f"{target}: the mean of {len(folders)} models; its card, scores and thresholds are those of {folders[0]}")
    print(f"`python -m odin models calibrate {target}` chooses thresholds anew")


def _new_folder(target: Path | None, usage: str) -> Path:
    if target is None:
        raise InputError(f"name the new folder: {usage}")
    return target


def pull(repo: str, name: str | None = None) -> Path:
    """Fetch a model folder from the hub, check it and put it among the models at hand; its folder."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise InputError(f"{repo!r} is no name of a repository; give OWNER/NAME")
    target = own_models_folder() / (name or repo.partition("/")[2])
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,79}", target.name):
        raise InputError(f"{target.name!r} cannot name a model: use letters, digits, '.', '-' and '_'")
    if target.exists():
        raise InputError(f"there is a model {target.name!r} already: give another with --name")
    fetched = find_model(repo)
    verify(fetched)
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(fetched, part, symlinks=False)
    part.rename(target)
    return target


def _list() -> int:
    failed = 0
    for name in model_names():
        mark = "*" if name == default_model() else " "
        if name == DICTIONARY:
            print(f"{mark} {name:24} terms of the knowledge graph; no weights")
            continue
        folder = find_model(name)
        try:
            label_sets = ", ".join(verify(folder).get("decoding", {})) or "see its card"
            print(f"{mark} {name:24} {label_sets}  ({folder})")
        except ModelError as err:
            failed += 1
            print(f"! {name:24} {err}")
    print("* is what Extract and the suggestions of Review begin with")
    return 1 if failed else 0
