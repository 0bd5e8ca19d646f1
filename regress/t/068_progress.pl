# Progress of a snapshot: bars on a terminal of any size, lines in a log, a view
# in SQL.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $rows = 50000;

$pg->query(<<"EOF");
CREATE EXTENSION walpost;
CREATE TABLE large (id int PRIMARY KEY, pad text);
INSERT INTO large SELECT i, repeat('p', 100) FROM generate_series(1, $rows) i;
CREATE TABLE small (id int PRIMARY KEY);
INSERT INTO small VALUES (1), (2);
EOF

# slow: a batch of a few thousand records waits for a second, and little is ahead of it
my $ship = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'snapshot.mode' => 'initial_only',
		'walpost.buffer.memory' => 4 * 1024 * 1024,
		'producer.override.linger.ms' => 1000,
		'producer.override.batch.size' => 16 * 1024 * 1024,
	});

sub progress
{
	return $pg->query("SELECT $_[0] FROM walpost.snapshot_progress");
}

# ---- in a log, and in SQL
$ship->start;
wait_until('a reader in the view', sub { progress("count(*) FILTER (WHERE rows_done > 0)") == 1 });
is(progress(q{relation || ' ' || (relid = 'large'::regclass) || ' ' || datname || ' ' || first_block}),
	'large true postgres 0', 'the view names the table');
is(progress(q{blocks_total = pg_relation_size('large') / 8192}), 't', 'and how many blocks it has');
is(progress("blocks_done BETWEEN 1 AND blocks_total AND rows_done BETWEEN 1 AND $rows AND bytes_done > rows_done"),
	't', 'and how far the reader is');
my $before = progress('rows_done');
ok(wait_until('the reader to go on', sub { progress('COALESCE(max(rows_done), 0)') > $before }), 'it goes on');
is($pg->query('COPY (SELECT pid FROM walpost.snapshot_progress) TO STDOUT'), progress('pid'),
	'another COPY is not mistaken for a reader');
$ship->wait_log(qr/snapshot: \d+ rows of about \d+ read \(\d+ %\), \d+ in Kafka, \d of 2 tables done, \d+ rows\/s, [\d.]+ MB\/s/, 0, 60);
my ($read, $expected) = $ship->log =~ /snapshot: (\d+) rows of about (\d+) read/;
cmp_ok($read, '<', $rows, 'a line in the log before it is over');
ok($expected > $rows / 3 && $expected < 3 * $rows, "its estimate ($expected) is near, though nobody has analyzed the table");
unlike($ship->log, qr/\033/, 'no bars where there is no terminal');
is($ship->stop_by_itself(120), 0, 'the snapshot ends');
like($ship->log, qr/is complete: 50002 rows of 2 tables/, 'with all rows');
is(progress('count(*)'), 0, 'the view is empty');

# ---- on a terminal
my $number = 0;

# Runs it on a terminal of that size, with these variables; returns its screen's file, and its process.
sub on_terminal
{
	my ($columns, $lines, @environment) = @_;
	my $screen = log_file('screen' . ++$number);
	my $command = join ' ', "stty cols $columns rows $lines; exec env TERM=vt100", @environment,
	  Walpost::Shipper::program(), 'run', $ship->file;
	spit($screen, '');
	my $pid = in_background(log_file("script$number"), 'script', '-q', '-e', '-f', '-c', $command, $screen);

	at_end(sub { kill 'KILL', -$pid });
	return ($screen, $pid);
}

sub longest_line
{
	my ($text) = @_;
	my $longest = 0;

	for my $line (split /[\r\n]+/, $text)
	{
		$line =~ s/\033\[\d*[AJ]//g;
		next if $line =~ /^(?:Script|\d{4}-)/;
		$longest = length $line if length $line > $longest;
	}
	return $longest;
}

my ($screen, $pid) = on_terminal(100, 24);
wait_until('bars', sub { slurp($screen) =~ /public\.large +\[=+ *\] +\d+%  [\d.]+k of [\d.]+k rows/ });
like(slurp($screen), qr/public\.small +\[ *\] +0%/, 'a bar for each table');
like(slurp($screen), qr/all +\[[= ]+\] +\d+%  [\d.]+k? of [\d.]+k rows, [\d.]+k? rows\/s, [\d.]+ MB\/s, ETA \d+:\d\d:\d\d, 0 of 2 tables/,
	'and one for all of them');
cmp_ok(longest_line(slurp($screen)), '<', 100, 'lines fit');
ok(wait_until('another drawing', sub { slurp($screen) =~ /\r\033\[3A\033\[J/ }), 'they are drawn in place');

my ($tty) = map { /^(pts\/\d+)/ ? $1 : () } split /\n/, `ps -o tty= --ppid $pid`;
ok(defined $tty, 'the terminal is found');
my $end = -s $screen;
is((run_command([ 'stty', '-F', "/dev/$tty", 'cols', '30', 'rows', '3' ]))[0], 0, 'it is made narrow');
wait_until('bars in the new size', sub { substr(slurp($screen), $end) =~ /(?:all.*){3}/s });
my @drawings = split /\033\[\d+A\033\[J/, substr(slurp($screen), $end);
cmp_ok(longest_line($drawings[-2]), '<', 30, 'lines fit again');
is(scalar(() = $drawings[-2] =~ /\n/g), 2, 'and there are no more than the terminal has room for');
kill 'KILL', -$pid;
wait_exit($pid);

($screen, $pid) = on_terminal(100, 24, 'NO_COLOR=1');
wait_until('a line in the log', sub { slurp($screen) =~ /snapshot: \d+ rows of about/ }, 60);
unlike(slurp($screen), qr/\033/, 'NO_COLOR asks for lines on a terminal, too');
kill 'KILL', -$pid;
wait_exit($pid);

done_testing();
