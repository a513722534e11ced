"""The checks of `gondola doctor` that need neither an adapter nor storage. Each looks and changes nothing."""
