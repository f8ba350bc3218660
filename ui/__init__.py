"""The faces of the house: the command line and the desk in a browser."""
