"""The two clusters of a rehearsal: a record of their objects, and an agent that runs their pods here."""
