"""Many runs: designs, executors, their store, measures, comparison, and published experiments."""
