"""How good recommendations are on orders that were held back, beside plain baselines."""
