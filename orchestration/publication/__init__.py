"""Publication: the last room. Belongs here: what leaves the house. Does not: how a figure is computed or
judged."""
