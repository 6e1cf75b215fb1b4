"""What is seen: frames (state -> RGB), movies and figures."""
