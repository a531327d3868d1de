"""Delivery reports, complaints and requests to unsubscribe are read."""
