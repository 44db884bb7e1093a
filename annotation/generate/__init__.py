"""The work of the Generate tab."""
