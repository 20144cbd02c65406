"""Dateline: what a person meets. Commands, configuration, web pages."""
