"""Searching and reading the web and documents, with sources."""
