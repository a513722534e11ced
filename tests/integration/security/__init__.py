"""Attacks, each from the side an attacker has: a chat platform, a browser, or an answer of Venice."""
