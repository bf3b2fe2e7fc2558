<?php
/**
 * Where Aggregator is: by constants in wp-config.php, else by a small page under Settings.
 *
 * @license MIT
 */

namespace Aggregator\Embed;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

/** The one option that this plugin keeps: an array with the keys below. */
const OPTION = 'aggregator_widgets';

/** The constants in wp-config.php that go before what the page says. */
const CONSTANTS = array(
	'url'        => 'AGGREGATOR_WIDGETS_URL',
	'public_url' => 'AGGREGATOR_WIDGETS_PUBLIC_URL',
);

/** What the page says about each setting. */
function settings() {
	return array(
		'url'        => array(
			'label' => __( 'Address for this server', 'aggregator-widgets' ),
			'about' => __( 'Where WordPress fetches the widgets, for example http://10.0.0.5:8000. Visitors never see it.', 'aggregator-widgets' ),
		),
		'public_url' => array(
			'label' => __( 'Address for visitors', 'aggregator-widgets' ),
			'about' => __( 'Where visitors find the pages of the widgets, for example https://www.example.org/feeds. It is linked to when a widget cannot be shown.', 'aggregator-widgets' ),
		),
	);
}

/** A setting in force; '' where there is none. */
function setting( $key ) {
	$constant = CONSTANTS[ $key ];
	if ( defined( $constant ) ) {
		return clean_address( constant( $constant ) );
	}
	$kept = get_option( OPTION, array() );
	return is_array( $kept ) && isset( $kept[ $key ] ) ? clean_address( $kept[ $key ] ) : '';
}

/** An address of a web server, or ''. */
function clean_address( $address ) {
	$address = is_string( $address ) ? trim( $address ) : '';
	return preg_match( '~\Ahttps?://[^\s"<>]+\z~i', $address ) === 1 ? $address : '';
}

/** What is stored of a form that was sent. */
function clean_settings( $sent ) {
	$kept = array();
	foreach ( settings() as $key => $one ) {
		$written      = is_array( $sent ) && isset( $sent[ $key ] ) && is_string( $sent[ $key ] ) ? trim( $sent[ $key ] ) : '';
		$kept[ $key ] = clean_address( $written );
		if ( $kept[ $key ] !== $written ) {
			/* translators: %s: the name of a setting. */
			$words = __( '%s: write a whole address, beginning with https:// or http://.', 'aggregator-widgets' );
			add_settings_error( OPTION, $key, esc_html( sprintf( $words, $one['label'] ) ) );
		}
	}
	return $kept;
}

function register_settings() {
	register_setting( OPTION, OPTION, array( 'type' => 'array', 'sanitize_callback' => __NAMESPACE__ . '\clean_settings' ) );
}

function add_settings_page() {
	$title = __( 'Aggregator widgets', 'aggregator-widgets' );
	add_options_page( $title, $title, 'manage_options', OPTION, __NAMESPACE__ . '\print_settings_page' );
}

/** The page under Settings. */
function print_settings_page() {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	/* translators: %s: a shortcode. */
	$words = esc_html__( 'Write %s into a page or a sidebar. The names of your widgets stand in feeds.yaml.', 'aggregator-widgets' );
	echo '<div class="wrap"><h1>' . esc_html__( 'Aggregator widgets', 'aggregator-widgets' ) . '</h1>';
	echo '<p>' . sprintf( $words, '<code>[feed_widget name="latest-posts"]</code>' ) . '</p>';
	echo '<form action="options.php" method="post">';
	settings_fields( OPTION );
	echo '<table class="form-table" role="presentation">';
	foreach ( settings() as $key => $one ) {
		print_setting( $key, $one );
	}
	echo '</table>';
	submit_button();
	echo '</form></div>';
}

/** One row of the form; a setting from wp-config.php is shown and cannot be changed here. */
function print_setting( $key, $one ) {
	$fixed = defined( CONSTANTS[ $key ] );
	/* translators: %s: the name of a constant. */
	$about = $fixed ? sprintf( __( 'Set by %s in wp-config.php.', 'aggregator-widgets' ), CONSTANTS[ $key ] ) : $one['about'];
	printf(
		'<tr><th scope="row"><label for="%1$s">%2$s</label></th><td>'
			. '<input class="regular-text" type="url" id="%1$s" name="%3$s" value="%4$s" aria-describedby="%1$s-about"%5$s>'
			. '<p class="description" id="%1$s-about">%6$s</p></td></tr>',
		esc_attr( OPTION . "-$key" ),
		esc_html( $one['label'] ),
		esc_attr( OPTION . "[$key]" ),
		esc_attr( setting( $key ) ),
		$fixed ? ' disabled' : '',
		esc_html( $about )
	);
}
