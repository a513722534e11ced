"""What is remembered: of a conversation, and on the shelves that outlast it."""
