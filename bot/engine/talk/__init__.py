"""Questions answered in conversation, and what somebody missed of it."""
