"""Runs in progress: reading the model, publishing what it says, keeping it, and ending exactly once.

How a prompt is stored or who may ask is not decided in here.
"""
