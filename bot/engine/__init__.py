"""The conversation engine: one turn, step by step. Knows no platform and no database."""
