"""The two-tower model y_ui = f(x_u, x_i) + b in Keras."""
