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

/** Each setting: its constant, its name and its explanation. */
function settings() {
	return array(
		'url'        => array(
			'constant' => 'AGGREGATOR_WIDGETS_URL',
			'label'    => 'Address for this server',
			'about'    => 'Where WordPress fetches the widgets, for example http://10.0.0.5:8000. Visitors never see it.',
		),
		'public_url' => array(
			'constant' => 'AGGREGATOR_WIDGETS_PUBLIC_URL',
			'label'    => 'Address for visitors',
			'about'    => 'Where visitors find the pages of the widgets, for example https://www.example.org/feeds. It is linked to when a widget cannot be shown.',
		),
	);
}

/** A setting in force; '' where there is none. */
function setting( $key ) {
	$constant = settings()[ $key ]['constant'];
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
	foreach ( array_keys( settings() ) as $key ) {
		$written      = is_array( $sent ) && isset( $sent[ $key ] ) ? trim( (string) $sent[ $key ] ) : '';
		$kept[ $key ] = clean_address( $written );
		if ( $kept[ $key ] !== $written ) {
			$label = settings()[ $key ]['label'];
			add_settings_error( OPTION, $key, "$label: write a whole address, beginning with https:// or http://." );
		}
	}
	return $kept;
}

function register_settings() {
	register_setting( OPTION, OPTION, array( 'type' => 'array', 'sanitize_callback' => __NAMESPACE__ . '\clean_settings' ) );
}

function add_settings_page() {
	add_options_page( 'Aggregator widgets', 'Aggregator widgets', 'manage_options', OPTION, __NAMESPACE__ . '\print_settings_page' );
}

/** The page under Settings. */
function print_settings_page() {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	echo '<div class="wrap"><h1>Aggregator widgets</h1>';
	echo '<p>Write <code>[feed_widget name="latest-posts"]</code> into a page or a sidebar. The names of your widgets stand in feeds.yaml.</p>';
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
	$fixed = defined( $one['constant'] );
	$about = $fixed ? "Set by {$one['constant']} in wp-config.php." : $one['about'];
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
