"""The command line as a whole, whatever the command."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("arguments", [["corpora", "list"], ["models", "list"]], ids=" ".join)
def test_a_reader_that_leaves_early_is_no_error_to_report(arguments, unbuffered):
    """As `| head` does, or a pager that is left."""
    with subprocess.Popen(
        [sys.executable, "-m", "odin", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    ) as command:
        command.stdout.close()
        said = command.stderr.read()
    assert said == ""
    assert command.returncode == 1


def test_another_pipe_that_breaks_is_not_hidden(monkeypatch):
    from odin import __main__
    from odin.corpora import command

    def broken(_):
        raise BrokenPipeError("a worker's")

    monkeypatch.setattr(command, "run", broken)
    with pytest.raises(BrokenPipeError, match="a worker's"):
        __main__.main(["corpora", "list"])


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ("evaluate --gold g.jsonl --predicted p.jsonl --resamples -1", "--resamples"),
        ("agreement a.jsonl b.jsonl --resamples x", "--resamples"),
        ("benchmark clinical_notes --documents -2", "--documents"),
        ("benchmark clinical_notes --batch-size 0", "--batch-size"),
        ("linking bc5cdr --relations --documents -1", "--documents"),
        ("peers --documents 0", "--documents"),
        ("transfer study --jobs 0", "--jobs"),
    ],
)
def test_a_number_that_cannot_be_is_a_wrong_call(arguments, option, capsys):
    from odin.__main__ import main

    with pytest.raises(SystemExit) as ended:
        main(arguments.split())
    assert ended.value.code == 2
    assert f"argument {option}: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("label-studio --help", "Send notes to Label Studio and take the work back."),
        ("label-studio webhook --help", "changes (ODIN_WEBHOOK_SECRET)."),
    ],
)
def test_help_keeps_the_capitals_of_names(arguments, said, capsys):
    from odin.__main__ import main

    with pytest.raises(SystemExit):
        main(arguments.split())
    assert said in " ".join(capsys.readouterr().out.split())
