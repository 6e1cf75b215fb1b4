"""Levers: what can be taken away from a config, and what each does to every stage of the cascade."""
