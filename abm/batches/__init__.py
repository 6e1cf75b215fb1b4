"""Many runs: experiments, their designs, and how they are computed and stored."""
