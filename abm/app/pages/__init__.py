"""The pages of the app, one per file, and what they are made of."""
