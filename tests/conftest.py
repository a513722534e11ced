"""What holds for every test."""

from hypothesis import settings

# The same examples on every run: a failure must be the change's, never the dice's. No deadline: CI shares its cores.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
