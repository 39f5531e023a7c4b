"""What hostile and broken requests meet: slow clients, places that are not meant, input that is wrong."""
