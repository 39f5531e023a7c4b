"""Write an AI microservice as decorated functions."""
