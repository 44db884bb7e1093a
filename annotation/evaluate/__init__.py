"""The work of the Evaluate tab."""
