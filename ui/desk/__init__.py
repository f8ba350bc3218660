"""The desk in a browser: thin Gradio widgets over pure presenters, one module per tab."""
