"""Doors of the house: one package per platform, each with the same six files."""
