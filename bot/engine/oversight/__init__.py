"""The house counts and watches itself; links that let people see it."""
