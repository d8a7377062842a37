"""Whether a release answers alike wherever it is asked: Keras, ONNX Runtime, Triton, a device."""
