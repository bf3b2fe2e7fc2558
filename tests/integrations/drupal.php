<?php
/**
 * Drupal as far as the block uses it: builds the block, and saves its form.
 *
 * In: JSON on the standard input, {"module": folder, "settings": {...}, "name": "..."}. Out: JSON with what
 * a page would hold, and what Drupal was told about keeping it.
 */

namespace Drupal\Core\Form {
	interface FormStateInterface {
	}
}

namespace Drupal\Core\Render {
	class Markup {
		public $text;
		public static function create( $text ) {
			$made       = new self();
			$made->text = $text;
			return $made;
		}
	}
}

namespace Drupal\Core\Site {
	class Settings {
		public static function get( $name, $otherwise = null ) {
			return $GLOBALS['told']['settings'][ $name ] ?? $otherwise;
		}
	}
}

namespace Drupal\Core\Block {
	abstract class BlockBase {
		protected $configuration;
		public function __construct() {
			$this->configuration = $this->defaultConfiguration();
		}
		protected function t( $text ) {
			return $text;
		}
	}
}

namespace {
	error_reporting( E_ALL );
	set_error_handler(
		function ( $number, $words, $file, $line ) {
			if ( error_reporting() & $number ) {
				throw new ErrorException( $words, 0, $number, $file, $line );
			}
		}
	);

	class Drupal {
		public static $triggered = array();
		public static function service( $name ) {
			return new class( $name ) {
				private $name;
				public function __construct( $name ) {
					$this->name = $name;
				}
				public function trigger() {
					Drupal::$triggered[] = $this->name;
				}
			};
		}
	}

	class Sent implements Drupal\Core\Form\FormStateInterface {
		public function getValue( $key ) {
			return $GLOBALS['told'][ $key ];
		}
	}

	$told = json_decode( stream_get_contents( STDIN ), true );
	require $told['module'] . '/src/Plugin/Block/FeedWidget.php';
	$block = new Drupal\aggregator_widgets\Plugin\Block\FeedWidget();
	$form  = $block->blockForm( array(), new Sent() );
	$block->blockSubmit( $form, new Sent() );
	$built = $block->build();
	echo json_encode(
		array(
			'html'      => $built['#markup']->text,
			'age'       => $block->getCacheMaxAge(),
			'triggered' => Drupal::$triggered,
			'pattern'   => $form['name']['#pattern'],
		)
	);
}
