"""Gondola: one chatbot service for Discord, Telegram and the web on the Venice.ai API."""
