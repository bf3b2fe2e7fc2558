<?php
/**
 * A block with a widget. Which one, its form asks; where Aggregator is, settings.php tells:
 *
 *     $settings['aggregator_widgets'] = [
 *       'url' => 'http://10.0.0.5:8000',
 *       'public_url' => 'https://www.example.org/feeds',
 *       'copies' => '/srv/feed-widget/copies',
 *     ];
 *
 * Needs `feed-widget.php` and `fragment.php` (integrations/apache and integrations/wordpress) in the
 * module's folder, and the folder of the copies, which PHP may write to and visitors cannot reach.
 *
 * @license MIT
 */

namespace Drupal\aggregator_widgets\Plugin\Block;

use Drupal\Core\Block\BlockBase;
use Drupal\Core\Form\FormStateInterface;
use Drupal\Core\Render\Markup;
use Drupal\Core\Site\Settings;

require_once __DIR__ . '/../../../feed-widget.php';

/**
 * @Block(
 *   id = "aggregator_feed_widget",
 *   admin_label = @Translation("Aggregator widget"),
 * )
 */
class FeedWidget extends BlockBase {

  public function defaultConfiguration() {
    return ['name' => ''];
  }

  public function blockForm($form, FormStateInterface $form_state) {
    $form['name'] = [
      '#type' => 'textfield',
      '#title' => $this->t('Name of the widget'),
      '#description' => $this->t('Its id in feeds.yaml: small letters, digits and hyphens.'),
      '#pattern' => '[a-z0-9][a-z0-9-]*',
      '#required' => TRUE,
      '#default_value' => $this->configuration['name'],
    ];
    return $form;
  }

  public function blockSubmit($form, FormStateInterface $form_state) {
    $this->configuration['name'] = $form_state->getValue('name');
  }

  public function build() {
    // The page cache for anonymous visitors does not heed the time of a block: it must not keep this page.
    \Drupal::service('page_cache_kill_switch')->trigger();
    $where = Settings::get('aggregator_widgets', []) + ['url' => '', 'public_url' => '', 'copies' => ''];
    $html = feed_widget($this->configuration['name'], $where['url'], $where['public_url'], $where['copies']);
    return ['#markup' => Markup::create($html)]; // Checked by feed_widget(); the filter would spoil it.
  }

  public function getCacheMaxAge() {
    // The copy has its two minutes already. And built for each page, it keeps each out of the page cache.
    return 0;
  }

}
