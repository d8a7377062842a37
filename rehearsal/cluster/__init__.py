"""The two clusters of a rehearsal: what their API servers tell, and an agent that runs their pods here."""
