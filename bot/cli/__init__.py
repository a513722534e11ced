"""The `gondola` command, one module per subcommand."""
