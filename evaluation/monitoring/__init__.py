"""Monitoring of candidates over time: thresholds, drift and anomalies."""
