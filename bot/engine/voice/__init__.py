"""Voices: spoken, cloned, and recordings written down."""
