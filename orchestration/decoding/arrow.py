"""pyarrow for vector work. Belongs here: its modules and the names of its arrays. Does not: anything of our
own.

The stubs of pyarrow take ``pa.array`` of numpy values for booleans and know few of the compute functions'
forms: the names here tell readers what an array holds, and leave the checking to the tests.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow
import pyarrow.compute

pa: Any = pyarrow
pc: Any = pyarrow.compute

Array: TypeAlias = Any
Strings: TypeAlias = Any
Integers: TypeAlias = Any
Numbers: TypeAlias = Any
Moments: TypeAlias = Any
RecordBatch: TypeAlias = Any
Table: TypeAlias = Any
Schema: TypeAlias = Any
Kind: TypeAlias = Any

Flags: TypeAlias = npt.NDArray[np.bool_]
Positions: TypeAlias = npt.NDArray[np.integer[Any]]


def flags(values: Array) -> Flags:
    """Turn an Arrow array of booleans without nulls into numpy's."""
    return np.asarray(values.to_numpy(zero_copy_only=False), bool)
