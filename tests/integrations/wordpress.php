<?php
/**
 * WordPress as far as the plugin uses it: plays the steps that come as JSON on the standard input.
 *
 * In: {"plugin": folder, "constants": {...}, "options": {...}, "may": [...], "steps": [...]}; a step is
 * {"do": "show", "at": seconds, "shortcode": {...}, "answer": {...} or null} or another of those below.
 * Out: a JSON list with what each step gave.
 */

namespace Aggregator\Embed {
	function time() {
		return $GLOBALS['now'];
	}
}

namespace {
	error_reporting( E_ALL );
	set_error_handler(
		function ( $number, $words, $file, $line ) {
			throw new ErrorException( $words, 0, $number, $file, $line );
		}
	);

	$play       = json_decode( stream_get_contents( STDIN ), true );
	$now        = 0;
	$answer     = null;
	$asked      = array();
	$shortcodes = array();
	$actions    = array();
	$transients = array();
	$options    = $play['options'];
	$registered = array();
	$styles     = array();
	$errors     = array();

	class WP_Error {
	}

	function add_shortcode( $tag, $callback ) {
		$GLOBALS['shortcodes'][ $tag ] = $callback;
	}
	function add_action( $hook, $callback ) {
		$GLOBALS['actions'][ $hook ][] = $callback;
	}
	function shortcode_atts( $pairs, $given, $shortcode = '' ) {
		return array_merge( $pairs, array_intersect_key( (array) $given, $pairs ) );
	}
	function get_transient( $key ) {
		$kept = $GLOBALS['transients'][ $key ] ?? null;
		return null !== $kept && $GLOBALS['now'] < $kept[1] ? unserialize( $kept[0] ) : false;
	}
	function set_transient( $key, $value, $seconds = 0 ) {
		$GLOBALS['transients'][ $key ] = array( serialize( $value ), $GLOBALS['now'] + $seconds );
		return true;
	}
	function get_option( $name, $otherwise = false ) {
		return $GLOBALS['options'][ $name ] ?? $otherwise;
	}
	function delete_option( $name ) {
		unset( $GLOBALS['options'][ $name ] );
		return true;
	}
	function wp_remote_get( $url, $how = array() ) {
		$GLOBALS['asked'][] = array( 'url' => $url, 'how' => $how );
		return $GLOBALS['answer'] ?? new WP_Error();
	}
	function is_wp_error( $thing ) {
		return $thing instanceof WP_Error;
	}
	function wp_remote_retrieve_response_code( $answer ) {
		return $answer['status'];
	}
	function wp_remote_retrieve_header( $answer, $name ) {
		return 'content-type' === $name ? $answer['kind'] : '';
	}
	function wp_remote_retrieve_body( $answer ) {
		return base64_decode( $answer['body'] );
	}
	function current_user_can( $what ) {
		return in_array( $what, $GLOBALS['play']['may'], true );
	}
	function esc_html( $text ) {
		return htmlspecialchars( $text, ENT_QUOTES );
	}
	function __( $text, $domain ) {
		return 'aggregator-widgets' === $domain ? $text : '';
	}
	function esc_html__( $text, $domain ) {
		return esc_html( __( $text, $domain ) );
	}
	function esc_attr( $text ) {
		return htmlspecialchars( $text, ENT_QUOTES );
	}
	function wp_enqueue_style( $handle, $source, $needs, $version ) {
		$GLOBALS['styles'][] = $source;
	}
	function add_options_page( $title, $menu, $may, $slug, $callback ) {
		$GLOBALS['registered']['page'] = array( $may, $callback );
	}
	function register_setting( $group, $name, $about ) {
		$GLOBALS['registered']['clean'] = $about['sanitize_callback'];
	}
	function add_settings_error( $setting, $code, $words ) {
		$GLOBALS['errors'][] = $words;
	}
	function settings_fields( $group ) {
		echo '<input type="hidden" name="option_page" value="' . esc_attr( $group ) . '">';
	}
	function submit_button() {
		echo '<button type="submit">Save Changes</button>';
	}

	function called( $hook ) {
		foreach ( $GLOBALS['actions'][ $hook ] ?? array() as $callback ) {
			call_user_func( $callback );
		}
	}

	function played( $step ) {
		global $now, $answer, $asked, $shortcodes, $registered, $styles, $errors, $options;
		$now    = $step['at'] ?? $now;
		$answer = $step['answer'] ?? null;
		switch ( $step['do'] ) {
			case 'show':
				$asked = array();
				$html  = call_user_func( $shortcodes['feed_widget'], $step['shortcode'] );
				return array( 'html' => $html, 'asked' => $asked );
			case 'style':
				called( 'wp_enqueue_scripts' );
				return $styles;
			case 'settings page':
				called( 'admin_menu' );
				ob_start();
				call_user_func( $registered['page'][1] );
				return array( 'may' => $registered['page'][0], 'html' => ob_get_clean() );
			case 'save':
				called( 'admin_init' );
				$options['aggregator_widgets'] = call_user_func( $registered['clean'], $step['sent'] );
				return array( 'kept' => $options['aggregator_widgets'], 'errors' => $errors );
			case 'uninstall':
				define( 'WP_UNINSTALL_PLUGIN', 'aggregator-widgets' );
				require $GLOBALS['play']['plugin'] . '/uninstall.php';
				return $options;
		}
		throw new Exception( 'no such step' );
	}

	define( 'ABSPATH', '/' );
	foreach ( $play['constants'] as $name => $value ) {
		define( $name, $value );
	}
	require $play['plugin'] . '/aggregator-widgets.php';
	echo json_encode( array_map( 'played', $play['steps'] ), JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE );
}
