"""The Venice account and its keys, and whoever has to be told of money."""
