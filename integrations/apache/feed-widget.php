<?php
/**
 * A widget in a page of plain PHP, whatever the web server. It keeps copies in a folder of its own.
 *
 *     <?php require '/srv/feed-widget/feed-widget.php';
 *     echo feed_widget( 'latest-posts', 'http://10.0.0.5:8000', 'https://www.example.org/feeds', '/srv/feed-widget/copies' ); ?>
 *
 * Needs `fragment.php` (integrations/wordpress) beside it, PHP 7.4 or newer (with openssl, if the service
 * is asked by https), and a folder for the copies that PHP may write to and visitors cannot reach.
 *
 * @license MIT
 */

require_once __DIR__ . '/fragment.php';

/**
 * The widget, its last good copy, or a link to its page: never an error, never an empty box.
 *
 * @param string $name   The widget's id in feeds.yaml.
 * @param string $base   Where this server reaches Aggregator; http:// or https://.
 * @param string $public Where visitors do.
 * @param string $copies The folder of the copies.
 * @param string $words  Of the link; otherwise made from the name.
 */
function feed_widget( $name, $base, $public, $copies, $words = '' ) {
	if ( ! \Aggregator\Embed\is_name( $name ) ) {
		error_log( 'feed_widget: a widget is named by small letters, digits and hyphens.' );
		return '';
	}
	$file = rtrim( $copies, '/' ) . "/$name.json";
	$kept = is_readable( $file ) ? json_decode( (string) file_get_contents( $file ), true ) : null;
	$html = \Aggregator\Embed\shown(
		is_array( $kept ) ? $kept : null,
		time(),
		function () use ( $base, $name ) {
			return feed_widget_ask( \Aggregator\Embed\address_of( $base, $name ) );
		},
		function ( $copy ) use ( $file ) {
			feed_widget_keep( $file, $copy );
		}
	);
	return null === $html ? \Aggregator\Embed\link_to( $public, $name, $words ) : $html;
}

/**
 * Ask the service; the accepted markup or null.
 *
 * By HTTP/1.0, whose answers end with the connection, and without PHP's own reader of HTTP: that one
 * waits for each line anew, and a service that sends one a second would hold the page for ever.
 */
function feed_widget_ask( $address ) {
	$until = microtime( true ) + \Aggregator\Embed\PATIENCE;
	$parts = array_merge( array( 'scheme' => '', 'host' => '', 'port' => 0, 'path' => '/' ), (array) parse_url( $address ) );
	$tls   = 'https' === $parts['scheme'];
	$host  = $parts['host'] . ':' . ( $parts['port'] ? $parts['port'] : ( $tls ? 443 : 80 ) );
	$link  = @stream_socket_client( ( $tls ? 'ssl' : 'tcp' ) . "://$host", $number, $words, \Aggregator\Embed\PATIENCE );
	if ( false === $link ) {
		return null;
	}
	fwrite( $link, "GET {$parts['path']} HTTP/1.0\r\nHost: $host\r\nAccept: text/html\r\nConnection: close\r\n\r\n" );
	$answer = '';
	$most   = \Aggregator\Embed\LONGEST + 16384; // With the header.
	while ( ! feof( $link ) && strlen( $answer ) <= $most ) {
		$left = $until - microtime( true );
		if ( $left <= 0 ) {
			break;
		}
		stream_set_timeout( $link, 0, (int) ( $left * 1e6 ) );
		$answer .= (string) @fread( $link, 8192 );
	}
	$whole = feof( $link );
	fclose( $link );
	$halves = explode( "\r\n\r\n", $answer, 2 );
	if ( ! $whole || preg_match( '~\AHTTP/1\.\d (\d{3})~', $answer, $status ) !== 1 || count( $halves ) < 2 ) {
		return null;
	}
	$type = preg_match( '~^content-type:([^\r\n]*)~im', $halves[0], $found ) === 1 ? $found[1] : '';
	return \Aggregator\Embed\accepted( (int) $status[1], $type, $halves[1] );
}

/** Replace a copy as a whole: whoever reads meanwhile finds the old one or the new one. */
function feed_widget_keep( $file, $copy ) {
	$draft = @tempnam( dirname( $file ), 'draft' );
	if ( false === $draft || dirname( $draft ) !== realpath( dirname( $file ) ) ) {
		error_log( 'feed_widget: ' . dirname( $file ) . ' cannot be written; Aggregator is asked for every page.' );
		if ( false !== $draft ) {
			unlink( $draft ); // PHP made it in another folder.
		}
		return;
	}
	file_put_contents( $draft, json_encode( $copy ) );
	rename( $draft, $file );
}
