"""From purchases to the model's inputs: one code for training and for serving, blind to the future."""
