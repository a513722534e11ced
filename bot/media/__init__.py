"""Sound and pictures as bytes: native voice bubbles, durations, and safe pictures for vision models.

Decoding is CPU work on untrusted files: every function here is plain and blocking, meant for
`asyncio.to_thread`, and bounded in size, pixels and seconds.
"""
