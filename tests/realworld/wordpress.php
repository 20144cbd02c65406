<?php
/**
 * Runs inside the WordPress that wordpress.py starts: php wordpress.php ROOT install|fill|theme ARGUMENT.
 * "fill" reads the stories as JSON, writes them with WordPress's own functions and prints their addresses as JSON.
 */

[, $root, $dateline_action, $dateline_argument] = $argv;
$_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = '127.0.0.1';
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REMOTE_ADDR'] = '127.0.0.1';
if ($dateline_action === 'install') {
    define('WP_INSTALLING', true);
}
require "$root/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/admin.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

function must($result)
{
    if (is_wp_error($result) || !$result) {
        fwrite(STDERR, is_wp_error($result) ? $result->get_error_message() : 'WordPress refused');
        exit(1);
    }
    return $result;
}

function add_photo(int $post, string $title): void
{
    $file = wp_upload_dir()['basedir'] . '/photo.png';
    $photo = must(wp_insert_attachment(['post_title' => $title, 'post_excerpt' => "Featured: $title",
        'post_mime_type' => 'image/png', 'post_status' => 'inherit'], $file, $post));
    wp_update_attachment_metadata($photo, ['width' => 600, 'height' => 400, 'file' => 'photo.png', 'sizes' => []]);
    set_post_thumbnail($post, $photo);
}

function add_post(array $story, array $authors, array $terms): int
{
    $post = must(wp_insert_post(wp_slash([
        'post_title' => $story['title'], 'post_content' => $story['content'], 'post_status' => 'publish',
        'post_author' => $authors[$story['author']], 'post_date_gmt' => $story['date'],
        'post_date' => get_date_from_gmt($story['date']), 'post_name' => $story['slug'],
        'post_password' => $story['password'], 'comment_status' => 'open',
        'post_category' => array_map(fn ($name) => $terms[$name], $story['categories']),
        'tags_input' => $story['tags'],
    ]), true));
    if ($story['featured']) {
        add_photo($post, $story['slug']);
    }
    foreach ($story['comments'] as $number => $text) {
        $when = gmdate('Y-m-d H:i:s', strtotime($story['date'] . ' UTC') + 600 * ($number + 1));
        must(wp_insert_comment(['comment_post_ID' => $post, 'comment_content' => wp_slash($text),
            'comment_author' => "Reader $number", 'comment_author_email' => "reader$number@example.org",
            'comment_date_gmt' => $when, 'comment_date' => get_date_from_gmt($when), 'comment_approved' => 1]));
    }
    return $post;
}

function fill(array $data): array
{
    global $wp_rewrite;
    foreach ($data['options'] as $name => $value) {
        update_option($name, $value);
    }
    $wp_rewrite->set_permalink_structure(''); // so that a guid is ?p=ID, as it is for a post that began as a draft
    wp_delete_post(1, true);
    $terms = [];
    foreach ($data['categories'] as [$name, $parent]) {
        $terms[$name] = must(wp_insert_term($name, 'category', ['parent' => $parent ? $terms[$parent] : 0]))['term_id'];
    }
    $authors = [];
    foreach ($data['authors'] as $number => $name) {
        $authors[$name] = must(wp_insert_user(['user_login' => "writer$number", 'user_pass' => 'x', 'role' => 'author',
            'display_name' => wp_slash($name), 'description' => "$name has written for this paper for many years.",
            'user_email' => "writer$number@example.org"]));
    }
    $ids = array_map(fn ($story) => add_post($story, $authors, $terms), $data['posts']);
    $wp_rewrite->set_permalink_structure('/%postname%/');
    create_initial_taxonomies(); // they were registered before there were pretty addresses
    delete_option('rewrite_rules'); // the first request makes them anew
    return [
        'version' => get_bloginfo('version'),
        'posts' => array_map(fn ($id) => [get_permalink($id), get_the_guid($id)], $ids),
        'feeds' => array_map(fn ($row) => [get_category_feed_link($terms[$row[0]]), $row[0]], $data['categories']),
    ];
}

if ($dateline_action === 'install') {
    must(wp_install('The Loopback Courier', 'admin', 'admin@example.org', true, '', 'admin'));
} elseif ($dateline_action === 'fill') {
    echo "\n", json_encode(fill(json_decode(file_get_contents($dateline_argument), true)));
} else {
    switch_theme($dateline_argument);
    must(wp_get_theme()->get_stylesheet() === $dateline_argument);
}
