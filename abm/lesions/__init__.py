"""Lesions followed through time, and how they respond by the rules of the clinic."""
