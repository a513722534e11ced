"""Texts as such: secrets in them, their length and nearness, who speaks, which sources they name."""
