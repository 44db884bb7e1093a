"""The work of the Review tab: projects, the queue, the requests of the page, and the figures of a project."""
