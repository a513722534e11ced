"""What people ask."""

QUESTION = "Write {paragraphs} paragraphs about the early slow morning ferry, no. {number:04}."
"""Answered by the demo with 485 tokens for five paragraphs (as near to 500 as one message on Discord
allows), with 216 for two."""
