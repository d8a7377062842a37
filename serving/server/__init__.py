"""How tritonserver and the proxy before it are started, in a cluster and on this machine alike."""
