"""An answer as it is asked for and arrives."""
