"""What the tabs show documents with: the annotation view, its editing form, and the relation graph."""
