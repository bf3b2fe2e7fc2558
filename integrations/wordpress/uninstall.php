<?php
/**
 * Takes away what the plugin stored. Copies of widgets are transients of three minutes; WordPress
 * deletes those by itself.
 *
 * @license MIT
 */

if ( ! defined( 'WP_UNINSTALL_PLUGIN' ) ) {
	exit;
}

delete_option( 'aggregator_widgets' );
