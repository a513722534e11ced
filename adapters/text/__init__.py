"""CommonMark parsed, measured and cut: what the three format modules share."""
