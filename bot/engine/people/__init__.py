"""People's own data: exported, erased, linked, kept for as long as the place says."""
