"""What a run did, for whoever looks later: TensorBoard always, Weights & Biases where asked for."""
