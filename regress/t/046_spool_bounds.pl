# The spool's bounds: its own, the disk's, and whose it is.  At each of them
# nothing is lost, and a message says what to do.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Load;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running;
my $prefix = "bounds$$";
my $dir = scratch_dir() . '/spool';
my $load = Walpost::Load->new(pg => $pg, kafka => $kafka, prefix => $prefix);

sub segments
{
	my @files = glob "$dir/$prefix.spool/*.segment";

	return @files;
}

# ---- a folder that cannot be used: said before anything is done
my $ship = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	prefix => $prefix,
	conf => {
		Walpost::Load->conf,
		'walpost.spool.dir' => $dir,
		'walpost.spool.after.bytes' => 262144,
		'walpost.spool.max.bytes' => 4194304,

		# what Kafka does not take soon fills memory, too
		'walpost.buffer.memory' => 1048576,
	});

sub ends_with
{
	my ($status, $pattern, $what) = @_;
	my $from = length $ship->log;

	$ship->start;
	is($ship->stop_by_itself(30), $status, "$what: exit status $status");
	like(substr($ship->log, $from), $pattern, "$what: a message");
	return;
}

ends_with(2, qr/could not use the directory "\Q$dir\E".*No such file.*make the folder.*walpost\.spool\.dir/,
	'a directory that is missing');
spit($dir, '');
ends_with(2, qr/could not use the directory.*Not a directory/, 'a file in its place');
unlink $dir;
$ship->write_conf('walpost.spool.dir' => 'spool');
ends_with(2, qr/bad value "spool" for property "walpost\.spool\.dir"; it takes an absolute path/,
	'a relative path');
$ship->write_conf('walpost.spool.dir' => $dir);

mkdir $dir;
my ($status, $out) = Walpost::Shipper::command('check', $ship->file);
like($out, qr/a spool can be kept in "\Q$dir\E"/, 'walpost check looks at it');

# ---- full: the server is not read any more, then all arrives
$ship->start;
$ship->wait_streaming;
$load->run(100, 20, 0);
$ship->wait_drained;
$kafka->kill9;
$load->run(2000, 20, 0);
$ship->wait_log(qr/the spool .* is full \(walpost\.spool\.max\.bytes is 4194304\)/);
my $written = $pg->current_lsn;
my $size = 0;
$size += -s $_ for segments();
cmp_ok($size, '<', 4194304 + 300000, 'no more than its bound on disk');
is($pg->slot('walpost', "confirmed_flush_lsn < '$written'"), 't', 'what it does not hold is not confirmed');
ok($ship->is_running, 'and it waits');

# its own walsender does not keep the server from stopping
my $from = length $ship->log;
$pg->restart('fast');
$ship->wait_log(qr/streaming again/, $from);
$ship->memory_within(80, 'a shipper whose spool is full');

$kafka->start;
$ship->wait_log(qr/the spool .* is empty/, 0, 120);
$ship->wait_drained;
$load->check('after a full spool', 0);

# ---- whose it is
$kafka->kill9;
$from = length $ship->log;
$load->run(250, 20, 0);
$ship->wait_log(qr/goes into the spool/, $from);
$ship->wait_drained;
is($ship->stop(30), 0, 'stopped while it holds something');

my $second = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	prefix => $prefix,
	conf => { 'slot.name' => 'other', 'walpost.spool.dir' => $dir });
$second->start;
is($second->stop_by_itself(30), 2, 'a connector of another slot does not touch it');
like($second->log, qr/is another connector's: of slot "walpost"/, 'and says whose it is');
$pg->query(q{SELECT pg_drop_replication_slot('other')});

# ---- damage: what was confirmed is not skipped
my $segment = (segments())[-1];
my $bytes = slurp($segment);
my $place = int(length($bytes) / 2) + 1;
my $changed = $bytes;

substr($changed, $place, 1) = chr(ord(substr($changed, $place, 1)) ^ 1);
spit($segment, $changed);
ends_with(1, qr/the spool is damaged: "\Q$segment\E" .* at offset \d+.*restore the file, or move/,
	'a byte that changed');
spit($segment, substr($bytes, 0, $place));
ends_with(1, qr/the spool is damaged|gap from/, 'a file that was cut');

# ---- the same file back: it goes on, and delivers
spit($segment, $bytes . 'torn');
$ship->start;
$ship->wait_log(qr/ended in 4 bytes that are no whole transaction/);
$kafka->start;
$ship->wait_log(qr/the spool .* is empty/, $ship->{log_start}, 120);
$load->run(100, 20, 0);
$ship->wait_drained;
$load->check('after damage that was mended', 4);
is($ship->stop(20), 0, 'a clean end');

# ---- a full disk
SKIP:
{
	my $mount = scratch_dir() . '/small';

	mkdir $mount;
	skip('only root mounts a small disk', 1) if $> != 0;
	my ($failed) = run_command([ 'mount', '-t', 'tmpfs', '-o', 'size=2m', 'walpost', $mount ]);
	skip('no tmpfs can be mounted here', 1) if $failed;
	at_end(sub { run_command([ 'umount', '-l', $mount ]) });

	$ship->write_conf('walpost.spool.dir' => $mount, 'walpost.spool.max.bytes' => 1073741824);
	$ship->start;
	$ship->wait_streaming;
	$kafka->kill9;
	$load->run(2000, 20, 0);
	$ship->wait_log(qr/no space is left on the disk of the spool/, $ship->{log_start});
	$written = $pg->current_lsn;
	is($pg->slot('walpost', "confirmed_flush_lsn < '$written'"), 't',
		'a full disk: what it does not hold is not confirmed');
	$kafka->start;
	$ship->wait_log(qr/the spool .* is empty/, $ship->{log_start}, 120);
	$load->run(100, 20, 0);
	$ship->wait_drained;
	$load->check('after a full disk', 4);
	is($ship->stop(20), 0, 'a clean end');
}

done_testing();
