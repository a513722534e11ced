"""What can be set, and what holds where and for whom."""
