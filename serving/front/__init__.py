"""The front: recommendations by plain HTTP for applications that do not speak Triton's protocol.

It holds nothing but what a restart finds again, so any number of them may run. It needs the extra ``front``.
"""
