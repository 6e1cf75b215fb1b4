"""Where: lobules, sinusoids, blood flow, perfusion, and the Mesa grid over them."""
