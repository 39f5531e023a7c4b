"""Small pictures of large ones, made in processes of their own."""
