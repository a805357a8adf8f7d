"""Forecasts of the time and cost of an evaluation, before any request is sent or anything stored."""
