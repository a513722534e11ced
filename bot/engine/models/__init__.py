"""Which model does a job, and who steps in for it."""
