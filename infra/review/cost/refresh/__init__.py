"""Prices read anew from AWS's public price lists, checked, and never written in part."""
