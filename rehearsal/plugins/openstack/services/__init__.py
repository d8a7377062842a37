"""The same rows with the real services of ``rehearsal.openstack_services`` behind them, and no record.

What an input means and what its change replaces stands in ``rehearsal.plugins.openstack.rows`` alone. Here is
how each type is asked for by REST, and nothing that the services decide themselves.
"""
