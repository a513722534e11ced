"""Pictures made, changed, kept and found again."""
