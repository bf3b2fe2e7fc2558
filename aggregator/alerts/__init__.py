"""How a message reaches staff: by mail, or by a webhook.

In: a ``Message``. Out: it was taken, or ``NotSent`` in plain words. Addresses and passwords stand
in no message, error or log.
Not here: what is told, and when (``actions/alarm.py``); the HTTP client (``fetch/operator.py``).
"""
