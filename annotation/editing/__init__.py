"""Edits of annotated documents: what they are, how they are performed, what they change."""
