"""The OpenStack plugin: a local record that answers by the rules of the real APIs.

Nothing here reaches an OpenStack cloud. ``rows/`` says what each resource type accepts, what it points at
and what a change of each field means (from the schema of the Terraform provider 3.4 that pulumi-openstack 5
bridges, and the validators of Neutron, Neutron VPNaaS, Magnum, Swift and Barbican); ``record`` keeps what was
made; ``backend`` joins the two to the plugin protocol. ``row.Calls`` is the seam behind which real services
may later stand.
"""
