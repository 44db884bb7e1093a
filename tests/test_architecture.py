"""The tree holds to its own rules: who imports whom, how large files are, and what the command line loads."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path.relative_to(ROOT) for folder in ("odin", "annotation") for path in (ROOT / folder).rglob("*.py"))

# what each part may import of the others, besides itself and everything that those parts may import
DIRECTIONS = {
    "odin.errors": set(),
    "odin.schema": {"odin.errors"},
    "odin.phi": set(),
    "odin.home": set(),
    "odin.devices": {"odin.errors"},
    "odin.sentences": set(),
    "odin.hub": {"odin.errors", "odin.phi"},
    "odin.labels": {"odin.schema", "odin.home"},
    "odin.alignment": {"odin.schema"},
    "odin.corpora": {"odin.labels", "odin.alignment"},
    "odin.knowledge": {"odin.labels", "odin.alignment", "odin.corpora", "odin.sentences"},
    "odin.extraction": {"odin.knowledge", "odin.hub", "odin.home", "odin.devices"},
    "odin.evaluation": {"odin.extraction"},
    "odin.synthesis": {"odin.extraction", "odin.evaluation"},
    "odin.training": {"odin.extraction", "odin.evaluation"},
    "odin.benchmark": {"odin.synthesis", "odin.training"},
    "odin.generative": {"odin.synthesis", "odin.training"},
    "odin.transfer": {"odin.benchmark"},
    "annotation": {"odin.synthesis", "odin.training", "odin.generative"},
    "annotation.cycle": {"annotation", "odin.benchmark"},
    "annotation.tabs": {"annotation"},
}
LAZY = {"torch", "transformers", "peft", "label_studio_sdk", "gradio", "pandas", "pyarrow", "huggingface_hub"}
MOST_LINES = 400
"""The aim is 300; a file past this has more than one reason to change."""

AT_HOME = {
    "gradio": (
        "annotation/components/",
        "annotation/tabs/",
        "annotation/extract/handlers.py",
        "annotation/evaluate/handlers.py",
        "annotation/generate/handlers.py",
        "annotation/train/handlers.py",
    ),
    "torch": (
        "odin/extraction/network.py",
        "odin/extraction/padding.py",
        "odin/training/hidden_words.py",
        "odin/training/joint.py",
        "odin/training/loop.py",
        "odin/training/loss.py",
        "odin/training/masked.py",
    ),
}
"""Where a heavy library may be imported at the top, since nothing else is done there."""


def part_of(module: str) -> str | None:
    """The longest name in DIRECTIONS that holds `module`."""
    names = [name for name in DIRECTIONS if module == name or module.startswith(name + ".")]
    return max(names, key=len, default=None)


def reachable(part: str) -> set[str]:
    """The parts that `part` may import."""
    found, todo = {part}, [part]
    while todo:
        for name in DIRECTIONS[todo.pop()] - found:
            found.add(name)
            todo.append(name)
    return found


def imports(path: Path, *, top_only: bool = False) -> Iterator[str]:
    """The modules that a file imports; with `top_only`, those that are imported when it is."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    nodes = _at_import(tree) if top_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _at_import(child)


def module_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_point_one_way(path: Path) -> None:
    part = part_of(module_of(path))
    if part is None:  # odin/__init__, __main__
        return
    allowed = reachable(part)
    wrong = {name for name in imports(path) if (other := part_of(name)) is not None and other not in allowed}
    assert not wrong, f"{path} imports {sorted(wrong)}"


def test_the_library_knows_neither_the_app_nor_label_studio() -> None:
    wrong = [
        (str(path), name)
        for path in FILES
        if path.parts[0] == "odin" and path.name != "__main__.py"
        for name in imports(path)
        if name.split(".")[0] in ("annotation", "gradio", "label_studio_sdk", "app")
    ]
    assert not wrong


def test_tabs_do_not_import_tabs() -> None:
    tabs = [path for path in FILES if path.parts[:2] == ("annotation", "tabs") and path.name != "__init__.py"]
    assert not [(str(path), name) for path in tabs for name in imports(path) if name.startswith("annotation.tabs.")]


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    wrong = [
        (str(path), name)
        for path in FILES
        for name in {name.split(".")[0] for name in imports(path, top_only=True)} & LAZY
        if not path.as_posix().startswith(AT_HOME.get(name, ()))
    ]
    assert not wrong


def test_files_are_small_and_the_app_is_smaller() -> None:
    lines = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert not {str(path): count for path, count in lines.items() if count > MOST_LINES}
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) <= 60


def test_the_top_level_holds_only_what_it_should() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    names = {line.split("/")[0] for line in tracked.stdout.splitlines()}
    known = {"app.py", "odin", "annotation", "models", "data", "tests", "requirements.txt", "README.md", "LICENSE"}
    assert {name for name in names if not name.startswith(".")} <= known


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys\nfrom odin.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print(sorted({LAZY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "extract" in done.stdout
