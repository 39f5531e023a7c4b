"""Who may come in: keys, tokens, and what each request needs."""
