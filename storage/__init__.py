"""The one database: every statement Gondola runs lives here."""
