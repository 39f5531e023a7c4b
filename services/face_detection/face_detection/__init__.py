"""Face service: finds the faces of a picture."""
