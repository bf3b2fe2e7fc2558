"""Small, plain copies of pictures: what came from anywhere, decoded with limits, drawn anew."""
