"""Data on object storage. Belongs here: the working folder and its store. Does not: what a file in them holds."""
