"""Image service: blur, crop, convert, analyze, greyscale and resize."""
