#!/bin/sh
# Writes widgets into the finished pages of a static site.
#
#     sh embed.sh https://www.example.org/feeds copies site/index.html site/about/index.html
#
# A page says where, by two comments that stand on lines of their own; what is between them is replaced:
#
#     <!-- feed_widget latest-posts -->
#     <p><a href="https://www.example.org/feeds/w/latest-posts/">Latest posts</a></p>
#     <!-- /feed_widget -->
#
# The folder "copies" keeps the last good copy of each widget from one build to the next. Where a widget
# does not come, its copy is used; where there is none, the page stays as it is. A widget that the service
# has no longer (404, 410) is taken out, of the copies too. Ends with 1 and a sentence for each widget
# that did not come, with 2 where a page cannot be used. Needs curl, awk and iconv. Licence: MIT.

set -eu
LC_ALL=C
export LC_ALL

PATIENCE=10
LONGEST=65536

if [ $# -lt 3 ]; then
	echo "usage: embed.sh ADDRESS COPIES PAGE..." >&2
	exit 2
fi
base=${1%/}
COPIES=$2
export COPIES
shift 2
result=0

say() {
	echo "embed.sh: $*" >&2
}

for page in "$@"; do
	if [ ! -f "$page" ] || [ ! -r "$page" ]; then
		say "$page: there is no such page that can be read; nothing was written."
		exit 2
	fi
done
mkdir -p "$COPIES"

# Whether a file is one whole section of a widget that can neither run anything nor break a page.
# The lists are those of integrations/wordpress/fragment.php.
sound() {
	iconv -f UTF-8 -t UTF-8 "$1" >/dev/null 2>&1 && awk '
		function listed(word, words) { return index(" " words " ", " " word " ") > 0 }
		function attributes_are_sound(rest,   name, value) {
			while (match(rest, /^[ \t\r\n]+[a-z-]+/)) {
				name = substr(rest, 1, RLENGTH)
				sub(/^[ \t\r\n]+/, "", name)
				rest = substr(rest, RLENGTH + 1)
				value = ""
				if (match(rest, /^="[^"]*"/)) {
					value = tolower(substr(rest, 3, RLENGTH - 3))
					rest = substr(rest, RLENGTH + 1)
				}
				if (!listed(name, attributes)) return 0
				if (name == "href" && value !~ /^(https?:\/\/|mailto:|tel:|\/|#)/) return 0
				if (name == "src" && value !~ /^(https?:\/\/|\/)/) return 0
			}
			return 1
		}
		BEGIN {
			elements = "a abbr address article aside b bdi blockquote br cite code dd del details div dl dt em" \
				" figcaption figure footer h2 h3 h4 h5 h6 header hr i img ins li mark ol p pre q s section small" \
				" span strong sub summary sup time ul"
			empty_elements = "br hr img"
			attributes = "alt aria-describedby aria-hidden aria-label aria-labelledby cite class datetime decoding" \
				" dir height href id lang loading open part rel role src title width"
		}
		{ text = text $0 "\n" }
		END {
			sub(/[ \t\r\n]+$/, "", text)
			if (index(text, "<section class=\"fw") != 1) exit 1
			while (text != "") {
				if (match(text, /^[^<]+/)) {
					text = substr(text, RLENGTH + 1)
					continue
				}
				if (!match(text, /^<\/?[a-z][a-z0-9]*([ \t\r\n]+[a-z][a-z-]*(="[^"<>]*")?)*[ \t\r\n]*>/)) exit 1
				tag = substr(text, 2, RLENGTH - 2)
				text = substr(text, RLENGTH + 1)
				closing = sub(/^\//, "", tag)
				match(tag, /^[a-z0-9]+/)
				name = substr(tag, 1, RLENGTH)
				if (!listed(name, elements) || !attributes_are_sound(substr(tag, RLENGTH + 1))) exit 1
				if (closing) {
					if (depth == 0 || open[depth] != name) exit 1
					depth--
				} else if (!listed(name, empty_elements)) {
					open[++depth] = name
				}
				if (depth == 0 && text != "") exit 1
			}
			exit depth > 0
		}' "$1"
}

# Bring the copy of a widget up to date, or say why it is not.
renew() {
	draft="$COPIES/$1.draft.$$"
	told=$(curl --silent --proto =http,https --max-time "$PATIENCE" --max-filesize "$LONGEST" \
		--header 'Accept: text/html' --output "$draft" --write-out '%{http_code} %{content_type}' \
		"$base/w/$1.html") || told="none"
	case $told in
	"200 text/html" | "200 text/html;"* | "200 text/html "*)
		if [ "$(wc -c <"$draft")" -le "$LONGEST" ] && sound "$draft"; then
			mv -f "$draft" "$COPIES/$1.html"
			return
		fi
		say "$base/w/$1.html is not a widget; the last good copy stays."
		;;
	"404 "* | "410 "*)
		: >"$COPIES/$1.html"
		say "there is no widget $1 at $base any more; it is taken out. Was it renamed in feeds.yaml?"
		;;
	*)
		say "$base did not answer for $1; the last good copy stays."
		;;
	esac
	rm -f "$draft"
	result=1
}

# The page with its widgets. Fails where a comment is not closed.
filled() {
	awk '
		/^[ \t]*<!-- feed_widget [a-z0-9][a-z0-9-]* -->[ \t\r]*$/ {
			if (inside) exit 1
			inside = 1
			print
			copy = ENVIRON["COPIES"] "/" $3 ".html"
			replaced = 0
			while ((got = (getline line < copy)) >= 0) {
				replaced = 1
				if (got == 0) break
				print line
			}
			close(copy)
			next
		}
		/^[ \t]*<!-- \/feed_widget -->[ \t\r]*$/ {
			if (!inside) { inside = 1; exit 1 }
			inside = 0
			replaced = 0
		}
		!(inside && replaced) { print }
		END { exit inside }' "$1"
}

names=$(sed -n 's/^[[:blank:]]*<!-- feed_widget \([a-z0-9][a-z0-9-]*\) -->[[:space:]]*$/\1/p' "$@" | sort -u)
if [ -z "$names" ]; then
	say "no page has a line <!-- feed_widget NAME -->."
	exit 2
fi
for name in $names; do
	renew "$name"
done
for page in "$@"; do
	draft="$page.draft.$$"
	cp -p "$page" "$draft"
	if filled "$page" >"$draft"; then
		if cmp -s "$page" "$draft"; then rm -f "$draft"; else mv -f "$draft" "$page"; fi
	else
		rm -f "$draft"
		say "$page: a <!-- feed_widget NAME --> is not closed by <!-- /feed_widget -->; the page is left alone."
		result=2
	fi
done
exit "$result"
