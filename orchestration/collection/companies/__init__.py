"""Companies by name and commune, where no number identifies them. Belongs here: known names, likeness, the search for
an edition, reviewers' decisions. Does not: any step that makes a candidate a fact without a reviewer."""
