"""Label Studio, both ways: notes and suggestions go there, all annotators' work comes back as versions.

Our document id is the key of a task. What Label Studio holds of a project is kept in the store, so that each side can
be down at any moment: what was interrupted is found out by comparing, and done once.
"""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done and of how many; of 0 where that is not known."""
