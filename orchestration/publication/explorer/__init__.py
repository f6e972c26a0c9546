"""The explorer. Belongs here: a static site, in the release, that shows the public tables by choice of the reader.
Does not: any figure that is not a public table."""

from orchestration.publication.explorer.site import write_explorer

__all__ = ["write_explorer"]
