"""Attachments, fetched and made fit for a model."""
