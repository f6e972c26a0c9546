"""Partners' files: one folder a partner, with its contract.yaml. Belongs here: contracts, and what reads, checks and
archives a file by one. Does not: sampling frames and the register (company_files.py), the lake (decoding)."""
