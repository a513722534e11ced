"""The dashboard: how the house is doing, for owners and for those who manage a server."""
