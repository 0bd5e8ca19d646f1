#!/usr/bin/perl
#
# docs.pl
#    Writes the reference pages from the tables in the code.
#
#    regress/docs.pl [--check]
#
#    shipper/CONFIG.md   the shipper's own print, "walpost config --reference"
#    plugin/OPTIONS.md   what walpost.options() says on a server of this run
#    plugin/TYPES.md     what becomes of a value of each type on it
#
#    With --check it changes nothing, and fails if a page is out of date.
#
# SPDX-License-Identifier: PostgreSQL

use strict;
use warnings;

use Cwd ();
use File::Basename qw(dirname);

my $top;

BEGIN
{
	$top = Cwd::abs_path(dirname(__FILE__) . '/..');
}

use lib "$top/regress/lib";
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;
use Walpost::Types qw(types_page);

my $check = (@ARGV && $ARGV[0] eq '--check');
my $stale = 0;

page('shipper/CONFIG.md', config_page());

my $pg = Walpost::Postgres->running;

page('plugin/OPTIONS.md', options_page());
# the page has types that 13 lacks
page('plugin/TYPES.md', types_page($pg, slurp("$top/plugin/TYPES.md")))
  if $pg->query('SHOW server_version_num') >= 140000;
exit($stale ? 1 : 0);

# Writes a page, or compares it with the committed one.
sub page
{
	my ($file, $text) = @_;
	my $path = "$top/$file";
	my $same = -e $path && slurp($path) eq $text;

	if ($check)
	{
		print $same ? "ok $file is up to date\n" : "not ok $file is out of date: run \"make docs\"\n";
		$stale++ unless $same;
	}
	elsif (!$same)
	{
		spit($path, $text);
		print "wrote $file\n";
	}
	return;
}

sub config_page
{
	my ($status, $out, $err) = Walpost::Shipper::command('config', '--reference');

	die "walpost config --reference: $err" if $status != 0;
	return $out;
}

sub options_page
{
	my $page = <<'EOF';
# Options of the plugin

Printed from the plugin's own table (`SELECT * FROM walpost.options()`); do not edit.

The options are the connector's properties under their own names, those that decide what an event is. They are given
one by one (`pg_recvlogical -o topic.prefix=shop`, `pg_logical_slot_peek_changes('s', NULL, NULL, 'topic.prefix', 'shop')`) or as one
`.properties` text in `walpost.properties`, which also takes names longer than the 63 bytes that the server leaves of an option's name.
An unknown, repeated or ill-valued option is an error.

| option | values | default | what it does |
|---|---|---|---|
EOF
	my $rows;

	$pg->query('CREATE EXTENSION walpost');
	$rows = $pg->query(<<'EOF');
SELECT format('| `%s` | %s | %s | %s |', name,
	CASE WHEN type = 'enum' THEN '`' || replace(allowed, ', ', '`, `') || '`'
		WHEN allowed IS NOT NULL THEN type || ', ' || allowed ELSE type END,
	CASE WHEN "default" <> '' THEN '`' || "default" || '`' ELSE '' END,
	replace(description, '|', '\|'))
FROM walpost.options();
EOF
	return "$page$rows\n";
}
