"""Caps and the one door to paid calls."""
