"""Skills Bank: from questionnaire exports to a published release."""

__version__ = "0.1.0"
