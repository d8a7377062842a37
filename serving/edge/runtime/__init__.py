"""What a device runs: it imports NumPy, the signatures' library and ai-edge-litert, and nothing larger."""
