"""The command line. Each command is a module with `add_arguments(parser)` and `run(args) -> exit code`.

Exit codes: 0 all done, 1 something could not be done (and was reported), 2 the call itself is wrong.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from importlib import import_module

from odin.errors import OdinError

COMMANDS = {
    "extract": ("odin.extraction.command", "find entities and relations in text"),
    "generate": ("odin.synthesis.command", "write synthetic notes with entities and relations"),
    "augment": ("odin.synthesis.augment_command", "make more documents from annotated ones, each proven"),
    "transfer": ("odin.transfer.command", "train on synthetic notes, test on real ones"),
    "quality": ("odin.synthesis.quality_command", "compare notes with real ones"),
    "evaluate": ("odin.evaluation.command", "score predictions against gold"),
    "convert": ("odin.corpora.convert_command", "turn one annotation format into another"),
    "corpora": ("odin.corpora.command", "list and prepare the public corpora"),
    "benchmark": ("odin.benchmark.command", "score a model on a corpus, with baselines and speed"),
    "peers": ("odin.benchmark.peers.command", "measure Odin and other systems on the same notes, in one run"),
    "zero-shot": ("odin.benchmark.zero_shot_command", "train without a corpus or a part of it, and test on that"),
    "few-shot": ("odin.benchmark.few_shot_command", "train on a few notes under labels of their own, and test"),
    "linking": ("odin.evaluation.linking_command", "score concept ids, and concept relations without gold mentions"),
    "train": ("odin.training.command", "train a model"),
    "runs": ("odin.training.runs_command", "list, show, pause, stop and resume training runs"),
    "models": ("odin.training.models_command", "list, show, check, choose, pack, send and fetch models"),
    "reviewers": ("annotation.review.reviewers_command", "add, remove and list who may log in"),
    "label-studio": ("annotation.label_studio.command", "send notes to Label Studio and take the work back"),
    "gold": ("annotation.gold.command", "write the adjudicated notes in every format, each read back and compared"),
    "agreement": ("annotation.agreement.command", "measure how far reviewers agree"),
    "cycle": ("annotation.cycle.command", "generate, review by a script, train, evaluate: before and after"),
    "knowledge": ("odin.knowledge.command", "build, check and search the knowledge graph"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    parser = argparse.ArgumentParser(prog="python -m odin", description="Clinical text to entities and relations.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module_name, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == chosen:
            module = import_module(module_name)
            module.add_arguments(command)
            command.set_defaults(run_command=module.run)
    options = parser.parse_args(arguments)
    try:
        code = int(options.run_command(options) or 0)
        sys.stdout.flush()
        return code
    except OdinError as err:
        print(f"odin {options.command}: {err}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 1
    except BrokenPipeError:
        if not _reader_left():
            raise
        return 1
    except OSError as err:
        if err.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        words = "the disk is full; free some space, or give a path on another one"
        print(f"odin {options.command}: {words}", file=sys.stderr)
        return 1


def _reader_left() -> bool:
    """Whether nobody reads the output any more, as after `| head`; what is left of it then goes nowhere."""
    try:
        print(flush=True)  # fails again where it was the output that broke
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
