"""Signals: delay and level of service, stages and programs, area-wide timing, control in answer to traffic."""
