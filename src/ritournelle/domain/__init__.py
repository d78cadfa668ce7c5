"""Values of the music world, free of any input or output."""
