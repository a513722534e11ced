"""What both measurements stand on: the two bots, the platforms, and Venice with a stopwatch."""
