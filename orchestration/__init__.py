"""Skills Bank: from questionnaire exports to a published release."""

from orchestration import log_guard

__version__ = "0.1.0"

# Here, since every process that may hold a secret comes by.
log_guard.install()
