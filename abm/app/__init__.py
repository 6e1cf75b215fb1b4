"""The app in the browser: a liver while it runs, and runs and batches that were kept. Needs the extra `app`."""
