"""Looking after the data from outside: migrating, backups, archives, and a look without touching anything."""
