"""INSEE's company register, Sirene. Belongs here: its stock files, its API, the companies and the sampling frame
taken from them. Does not: what the lake makes of them (decoding)."""
