"""Tests of the text conversion."""
