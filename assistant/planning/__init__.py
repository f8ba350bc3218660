"""One module per kind: evidence in, an ordered list of moves out. Pure; nothing is fetched here."""
