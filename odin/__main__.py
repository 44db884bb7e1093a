"""The command line. Each command is a module with `add_arguments(parser)` and `run(args) -> exit code`.

Exit codes: 0 all done, 1 something could not be done (and was reported), 2 the call itself is wrong.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from odin.errors import OdinError

COMMANDS = {
    "extract": ("odin.extraction.command", "find entities and relations in text"),
    "generate": ("odin.synthesis.command", "write synthetic notes with entities and relations"),
    "quality": ("odin.synthesis.quality_command", "compare notes with real ones"),
    "evaluate": ("odin.evaluation.command", "score predictions against gold"),
    "convert": ("odin.corpora.convert_command", "turn one annotation format into another"),
    "corpora": ("odin.corpora.command", "list and prepare the public corpora"),
    "benchmark": ("odin.evaluation.benchmark_command", "score a model on a corpus, with baselines and speed"),
    "train": ("odin.training.command", "train a model"),
    "reviewers": ("annotation.reviewers_command", "add, remove and list who may log in"),
    "label-studio": ("annotation.label_studio.command", "send notes to Label Studio and take the work back"),
    "gold": ("annotation.gold_command", "write the adjudicated notes in every format, each read back and compared"),
    "agreement": ("annotation.agreement_command", "measure how far reviewers agree"),
    "knowledge": ("odin.knowledge.command", "build, check and search the knowledge graph"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    parser = argparse.ArgumentParser(prog="python -m odin", description="Clinical text to entities and relations.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module_name, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        if name == chosen:
            module = import_module(module_name)
            module.add_arguments(command)
            command.set_defaults(run_command=module.run)
    options = parser.parse_args(arguments)
    try:
        return int(options.run_command(options) or 0)
    except OdinError as err:
        print(f"odin {options.command}: {err}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
