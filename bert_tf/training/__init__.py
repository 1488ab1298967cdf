"""Schedules, run folders, pretraining: everything that changes weights."""
