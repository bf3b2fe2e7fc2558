<?php
/**
 * Plugin Name:       Aggregator widgets
 * Description:       Shows the widgets of an Aggregator: [feed_widget name="latest-posts"]
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * Author:            The Aggregator authors
 * Text Domain:       aggregator-widgets
 * License:           MIT
 * License URI:       https://opensource.org/license/mit
 *
 * The MIT licence is compatible with the GNU GPL, which WordPress has; see readme.txt.
 */

namespace Aggregator\Embed;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

require_once __DIR__ . '/fragment.php';
require_once __DIR__ . '/settings.php';

add_shortcode( 'feed_widget', __NAMESPACE__ . '\shortcode' );
add_action( 'wp_enqueue_scripts', __NAMESPACE__ . '\add_style' );
add_action( 'admin_menu', __NAMESPACE__ . '\add_settings_page' );
add_action( 'admin_init', __NAMESPACE__ . '\register_settings' );

/** The widget, its last good copy, or a link to its page: never an error, never an empty box. */
function shortcode( $attributes ) {
	$said   = shortcode_atts( array( 'name' => '', 'link' => '' ), $attributes, 'feed_widget' );
	$name   = $said['name'];
	$base   = setting( 'url' );
	$public = setting( 'public_url' );
	if ( ! is_name( $name ) || '' === $base || '' === $public ) {
		return what_is_wrong( $name );
	}
	$key  = "feed_widget_$name";
	$kept = get_transient( $key );
	$html = shown(
		is_array( $kept ) ? $kept : null,
		time(),
		function () use ( $base, $name ) {
			return ask( address_of( $base, $name ) );
		},
		function ( $copy ) use ( $key ) {
			set_transient( $key, $copy, LAST_GOOD );
		}
	);
	return without_shortcodes( null === $html ? link_to( $public, $name, $said['link'] ) : $html );
}

/**
 * The same markup, in which nothing can be taken for a shortcode: themes and page builders may look
 * for shortcodes once more in what we print, and posts are written by others.
 */
function without_shortcodes( $html ) {
	return str_replace( array( '[', ']' ), array( '&#91;', '&#93;' ), $html );
}

/** Ask the service. The address is the administrator's own, so it may be inside the network. */
function ask( $address ) {
	$answer = wp_remote_get(
		$address,
		array(
			'timeout'             => PATIENCE,
			'redirection'         => 0,
			'limit_response_size' => LONGEST + 1,
			'headers'             => array( 'Accept' => 'text/html' ),
		)
	);
	if ( is_wp_error( $answer ) ) {
		return null;
	}
	$type = wp_remote_retrieve_header( $answer, 'content-type' ); // An array where it came twice.
	return accepted(
		(int) wp_remote_retrieve_response_code( $answer ),
		is_string( $type ) ? $type : '',
		wp_remote_retrieve_body( $answer )
	);
}

/** A sentence for those who can mend it; visitors see nothing. */
function what_is_wrong( $name ) {
	if ( ! current_user_can( 'edit_posts' ) ) {
		return '';
	}
	$words = is_name( $name )
		? __( 'The addresses of Aggregator are not set yet: see Settings, Aggregator widgets.', 'aggregator-widgets' )
		: __( 'A feed_widget needs the name of a widget, as in [feed_widget name="latest-posts"].', 'aggregator-widgets' );
	return '<p>' . esc_html( $words . ' ' . __( 'Visitors do not see this line.', 'aggregator-widgets' ) ) . '</p>';
}

/** Link the style sheet. A theme that has its own takes it away by wp_dequeue_style( 'aggregator-widgets' ). */
function add_style() {
	$public = setting( 'public_url' );
	if ( '' !== $public ) {
		wp_enqueue_style( 'aggregator-widgets', rtrim( $public, '/' ) . '/w/widget.css', array(), null );
	}
}
