"""What holds for every test."""

from hypothesis import settings

# The same examples on every run: a failure must be the change's, never the dice's. CI shares its cores, so no
# deadline.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
