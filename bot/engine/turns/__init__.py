"""A turn and what all that works on one shares: its queue, commands, buttons and sentences."""
