"""What a fragment must never bring into a page, whoever is behind it."""

from tests.integrations.service import widget


def _with(markup: str) -> str:
    return widget().replace("We are well.", markup)


HOSTILE: dict[str, str | bytes] = {
    "script": _with("<script>alert(1)</script>"),
    "script in capitals": _with("<SCRIPT>alert(1)</SCRIPT>"),
    "script with a space": _with("<script >alert(1)</script >"),
    "event handler": _with('<img src="/x.webp" alt="" onerror="alert(1)">'),
    "event handler without quotes": _with("<a href=/x onclick=alert(1)>x</a>"),
    "event handler in single quotes": _with("<a href='/x' onclick='alert(1)'>x</a>"),
    "event handler after a slash": _with('<img/onerror="alert(1)"/src="/x">'),
    "event handler after a form feed": _with('<img\fonerror="alert(1)" src="/x">'),
    "javascript link": _with('<a href="javascript:alert(1)">x</a>'),
    "javascript link, spelled": _with('<a href="&#106;avascript:alert(1)">x</a>'),
    "javascript link after a space": _with('<a href=" javascript:alert(1)">x</a>'),
    "data picture": _with('<img src="data:image/svg+xml,x" alt="">'),
    "frame": _with('<iframe src="https://ads.example/"></iframe>'),
    "form": _with('<form action="https://ads.example/"><input name="a"></form>'),
    "style": _with("<style>body{display:none}</style>"),
    "style attribute": _with('<p style="position:fixed">x</p>'),
    "vector graphic": _with('<svg onload="alert(1)"></svg>'),
    "template": _with("<template><img></template>"),
    "link": _with('<link rel="stylesheet" href="https://ads.example/x.css">'),
    "base": _with('<base href="https://ads.example/">'),
    "refresh": _with('<meta http-equiv="refresh" content="0;url=https://ads.example/">'),
    "comment": _with("<!-- x -->"),
    "open comment": _with("<!--"),
    "server-side include": _with('<!--# include virtual="/etc/passwd" -->'),
    "PHP": _with("<?php phpinfo(); ?>"),
    "element that is not closed": _with("<b>x"),
    "elements that cross": _with("<b><i>x</b></i>"),
    "element that closes the page's": _with("</p></section></div>"),
    "something after it": widget() + "<p>more</p>",
    "text after it": widget() + "more",
    "something before it": "<p>more</p>" + widget(),
    "two of them": widget() + widget(),
    "cut off": widget()[:-20],
    "cut off in a tag": widget()[:-3],
    "quote that is not closed": _with('<a href="/x>x</a>'),
    "error page": "<h1>503 Service Unavailable</h1>",
    "nothing": "",
    "no section of ours": '<section class="ad"><p>x</p></section>',
    "letters that are none": widget().encode().replace(b"well", b"w\xffll"),
    "too long": widget("x" * 65536),
}
"""Name → a whole body that is to be refused."""
