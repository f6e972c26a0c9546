"""What libraries may not log. Belongs here: hiding their records that quote what is sent, secrets in it included. Does
not: our own messages, which hide what looks personal by themselves (errors.py)."""

from __future__ import annotations

import logging
from typing import Any

# urllib3 quotes addresses, whose path or query may be a token, those of the S3 client also headers and what the server
# answered: at DEBUG as a rule, and where an answer is odd as a warning.
_FAMILIES = ("urllib3", "botocore", "aiobotocore", "aiohttp", "s3fs", "fsspec")
HIDDEN = "(hidden: it may quote an address or a key)"


def install() -> None:
    """Let no handler of this process see such a record, whatever levels somebody sets; errors stay."""
    make = logging.getLogRecordFactory()

    def made(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = make(*arguments, **named)
        # A copy of a record (logging.makeLogRecord) begins without a name and a level.
        if str(record.name).partition(".")[0] in _FAMILIES and record.levelno < logging.ERROR:
            record.msg, record.args, record.exc_info = HIDDEN, (), None
        return record

    logging.setLogRecordFactory(made)
