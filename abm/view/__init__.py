"""What is seen: frames (state -> RGB), movies, figures, and the browser app."""
