"""How each type and function is asked for by REST, and nothing that the services decide themselves."""
