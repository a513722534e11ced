"""What is meant for the bot where several people talk."""
