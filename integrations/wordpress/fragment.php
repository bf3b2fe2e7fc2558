<?php
/**
 * What a page may show of a widget, and for how long: the same for WordPress and for plain PHP.
 *
 * In: what the service answered, and the copy that was kept of it. Out: markup, or null for "show the
 * link". Not here: how the service is asked and where copies lie. Defines functions, does nothing.
 *
 * @license MIT
 */

namespace Aggregator\Embed;

/** Seconds during which a copy is shown without asking again. */
const FRESH = 120;
/** Seconds after which a copy is not shown any more: a hidden post is gone everywhere in five minutes. */
const LAST_GOOD = 180;
/** Seconds during which nobody asks again after a failure, so that a dead service slows no page. */
const REST = 60;
/** Seconds that a page waits for the service. */
const PATIENCE = 2;
/** Bytes; a widget has a tenth of it. */
const LONGEST = 65536;

const ELEMENTS = 'a abbr address article aside b bdi blockquote br cite code dd del details div dl dt em'
	. ' figcaption figure footer h2 h3 h4 h5 h6 header hr i img ins li mark ol p pre q s section small'
	. ' span strong sub summary sup time ul';
const EMPTY_ELEMENTS = 'br hr img';
const ATTRIBUTES = 'alt aria-describedby aria-hidden aria-label aria-labelledby cite class datetime decoding'
	. ' dir height href id lang loading open part rel role src title width';

/** Whether a widget may have this name: it becomes part of an address and of the name of a copy. */
function is_name( $name ) {
	return is_string( $name ) && preg_match( '/\A[a-z0-9][a-z0-9-]{0,99}\z/', $name ) === 1;
}

/**
 * The widget as it came, if it is one; else null.
 *
 * @param int    $status The answer's status.
 * @param string $type   Its Content-Type.
 * @param string $body   Its body, at least LONGEST + 1 bytes of it where it is longer.
 */
function accepted( $status, $type, $body ) {
	$is_html = preg_match( '~\Atext/html\s*(;|\z)~i', trim( $type ) ) === 1;
	if ( 200 !== $status || ! $is_html || strlen( $body ) > LONGEST || ! is_sound( $body ) ) {
		return null;
	}
	return $body;
}

/**
 * Whether a text is one whole section of a widget that can neither run anything nor break a page.
 *
 * Nothing is repaired: whatever is not listed above refuses the whole text, and what is not closed too.
 */
function is_sound( $html ) {
	if ( strncmp( $html, '<section class="fw', 18 ) !== 0 || preg_match( '//u', $html ) !== 1 ) {
		return false;
	}
	$piece = '~\G(?:[^<]++|<(?<slash>/?)(?<name>[a-z][a-z0-9]*+)(?<rest>(?:\s++[a-z][a-z-]*+(?:="[^"<>]*+")?)*+)\s*+>)~';
	$open  = array();
	$at    = 0;
	$end   = strlen( rtrim( $html ) );
	while ( $at < $end ) {
		if ( preg_match( $piece, $html, $found, 0, $at ) !== 1 ) {
			return false;
		}
		$at += strlen( $found[0] );
		if ( ! isset( $found['name'] ) ) {
			continue;
		}
		if ( ! listed( $found['name'], ELEMENTS ) || ! attributes_are_sound( $found['rest'] ) ) {
			return false;
		}
		if ( '/' === $found['slash'] ) {
			if ( array_pop( $open ) !== $found['name'] ) {
				return false;
			}
		} elseif ( ! listed( $found['name'], EMPTY_ELEMENTS ) ) {
			$open[] = $found['name'];
		}
		if ( ! $open && $at < $end ) {
			return false;
		}
	}
	return ! $open;
}

/** Whether the attributes of one tag are all listed, and lead nowhere but to pages, letters and calls. */
function attributes_are_sound( $attributes ) {
	preg_match_all( '~\s([a-z-]+)(?:="([^"]*)")?~', $attributes, $found, PREG_SET_ORDER );
	foreach ( $found as $one ) {
		$value = isset( $one[2] ) ? $one[2] : '';
		if ( ! listed( $one[1], ATTRIBUTES ) ) {
			return false;
		}
		if ( 'href' === $one[1] && preg_match( '~\A(?:https?://|mailto:|tel:|/|#)~i', $value ) !== 1 ) {
			return false;
		}
		if ( 'src' === $one[1] && preg_match( '~\A(?:https?://|/)~i', $value ) !== 1 ) {
			return false;
		}
	}
	return true;
}

/** Whether a word stands in a list of words. */
function listed( $word, $words ) {
	return strpos( " $words ", " $word " ) !== false;
}

/**
 * What to show now: the fresh copy, a new one, or the last good one; null where there is none.
 *
 * @param array|null $kept A copy: 'html' (or null), 'at' (when it was got), 'tried' (when one was last
 *                         asked for). Times are Unix seconds.
 * @param int        $now  Unix seconds.
 * @param callable   $ask  Asks the service; gives the accepted markup or null.
 * @param callable   $keep Takes the copy to be kept, for at most LAST_GOOD seconds.
 */
function shown( $kept, $now, $ask, $keep ) {
	$html = $kept['html'] ?? null;
	$age  = $now - ( $kept['at'] ?? 0 );
	if ( $age < 0 || $age >= LAST_GOOD ) { // Below 0: the clock was set back.
		$html = null;
	}
	$since = $now - ( $kept['tried'] ?? 0 );
	if ( ( null !== $html && $age < FRESH ) || ( $since >= 0 && $since < REST ) ) {
		return $html;
	}
	// Until we are back it counts as a failure: others who come meanwhile do not ask as well.
	$copy = array( 'html' => $html, 'at' => null === $html ? 0 : $kept['at'], 'tried' => $now );
	$keep( $copy );
	$new = $ask();
	if ( null === $new ) {
		return $html;
	}
	$keep( array( 'html' => $new, 'at' => $now, 'tried' => 0 ) );
	return $new;
}

/** Where the service keeps a widget. */
function address_of( $base, $name ) {
	return rtrim( $base, '/' ) . "/w/$name.html";
}

/** What stands in a widget's place where there is nothing to show: a link to its full page. */
function link_to( $public, $name, $words = '' ) {
	$words = '' === $words ? ucfirst( str_replace( '-', ' ', $name ) ) : $words;
	$page  = rtrim( $public, '/' ) . "/w/$name/";
	return '<p><a href="' . htmlspecialchars( $page, ENT_QUOTES, 'UTF-8' ) . '">'
		. htmlspecialchars( $words, ENT_QUOTES, 'UTF-8' ) . '</a></p>';
}
