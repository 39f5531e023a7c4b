"""The command line: each module holds the commands of one noun, `session.py` what they share."""
