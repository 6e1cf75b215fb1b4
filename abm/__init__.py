"""crlm."""
