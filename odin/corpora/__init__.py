"""Readers and writers of annotation formats, and the public corpora."""
