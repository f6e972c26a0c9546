"""Reference data on French places. Belongs here: how its files are rebuilt from public ones. Does not:
reading the committed files into the lake."""
