"""The one door: RawPost in, Post out.

Start at ``post.py``. Strange characters or a script in a post: ``html.py`` and ``characters.py``;
a wrong excerpt: ``text.py``; a wrong link: ``urls.py``; a wrong date: ``dates.py``.
"""
