"""Performs scripted edits and prints the version of each that was acknowledged: for the test that kills it."""

import sys

from annotation.editing.edits import Comment, MarkUnsure
from annotation.store import Store
from annotation.store.reviews import DraftKey, apply, open_note

store = Store(sys.argv[1])
key = DraftKey("p", "n1", "ann")
version = open_note(store, key).version
while version < int(sys.argv[2]):
    edit = Comment("T1", f"comment {version + 1}") if version % 2 else MarkUnsure(None, unsure=version % 4 == 0)
    version = apply(store, key, edit, version).version
    sys.stdout.write(f"{version}\n")
    sys.stdout.flush()
