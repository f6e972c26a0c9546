"""Collect: survey exports and partner files into the archive. Belongs here: nothing but this line."""
