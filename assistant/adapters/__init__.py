"""The vendors behind the ports: SQLAlchemy, LangChain and OpenAI, tiktoken, llama.cpp; and the shipped fake."""
