"""The private site's APIs, real: Keystone, Neutron with VPNaaS, Nova, Glance, Barbican, Swift and Magnum.

``environment`` installs them from PyPI, ``fresh_cloud`` makes the databases of a cloud that nobody used yet
and keeps them, ``services`` starts and stops them for one rehearsal, ``declared`` puts in what a cloud has
before the estate. ``inside`` is what their own Python runs: it imports nothing of this project, and this
project nothing of it. Two fakes are in there, because no machine stands behind the APIs: a VPN driver whose
agent has always just finished, and a Magnum driver without machines.
"""
