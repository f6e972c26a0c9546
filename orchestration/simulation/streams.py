"""Random streams. Belongs here: which generator draws what. Does not: distributions."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, purpose: str, chunk: int = 0) -> np.random.Generator:
    """An independent generator for one purpose in one chunk: any chunk can be drawn again alone, in any
    order."""
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), chunk]))
    )
