"""Who somebody is, who may come in, and what they may use there."""
