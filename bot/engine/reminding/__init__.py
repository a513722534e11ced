"""Reminders: understood, kept, delivered."""
