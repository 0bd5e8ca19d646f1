# Sessions that decode are cancelled and terminated in the middle of a big
# transaction, and clients send options that make no sense: errors, and the
# server stays up, and nothing leaks.

use strict;
use warnings;

use Test::More;
use Walpost::Postgres;
use Walpost::Test;

my $pg = Walpost::Postgres->running;

$pg->query(<<'EOF');
CREATE TABLE orders (id int PRIMARY KEY, pad text);
CREATE PUBLICATION walpost FOR ALL TABLES;
SELECT pg_create_logical_replication_slot('s', 'walpost');
INSERT INTO orders SELECT g, repeat(md5(g::text), 5) FROM generate_series(1, 400000) g;
EOF
my $postmaster = $pg->pid;
my $peek = q{SELECT count(*) FROM pg_logical_slot_peek_changes('s', NULL, NULL,
	'topic.prefix', 'shop', 'publication.name', 'walpost')};
my $all = $pg->query($peek);
cmp_ok($all, '>=', 400000, 'undisturbed, all is decoded');

# ---- cancel and terminate from outside
for my $how ('pg_cancel_backend', 'pg_terminate_backend')
{
	for my $round (1 .. 5)
	{
		my $log = log_file("peek$how$round");
		my $psql = $pg->query_in_background($peek, $log);

		my $victim = wait_until('the session to decode',
			sub { $pg->query(q{SELECT active_pid FROM pg_replication_slots WHERE active}) });
		select undef, undef, undef, 0.05 * $round;
		$pg->query("SELECT $how($victim)");
		isnt(wait_exit($psql), 0, "$how, round $round: the session ended");
		like(slurp($log), qr/canceling statement|terminating connection/,
			"$how, round $round: by an error");
		wait_until('the slot to be free', sub { $pg->slot('s', 'active') eq 'f' });
	}
}

# ---- one session that is cancelled again and again keeps no memory
sub cancelled_peeks
{
	my ($times) = @_;

	return "SET statement_timeout = 100;\n" . "$peek;\n" x $times . "RESET statement_timeout;\n"
	  . "SELECT 'memory ' || sum(total_bytes) FROM pg_backend_memory_contexts;\n";
}
my ($status, $out, $err) = run_command(
	[ $pg->program('psql'), '-XAtq', $pg->connect_switches ],
	cancelled_peeks(3) . cancelled_peeks(30));
my @memory = $out =~ /^memory (\d+)$/mg;
is(scalar @memory, 2, 'the session lives through 33 cancelled calls');
is(scalar(() = $err =~ /statement timeout/g), 33, 'each was cancelled in its middle');
cmp_ok($memory[1] - $memory[0], '<', 256 * 1024,
	"thirty of them left no memory behind: $memory[0], $memory[1] bytes");

# ---- options that make no sense, through SQL and the replication protocol
my $end = $pg->current_lsn;
my @garbage = (
	[ 'no such option', 'no.such.option', '1' ],
	[ 'an empty name', '', '1' ],
	[ 'an empty prefix', 'topic.prefix', '' ],
	[ 'a prefix that no topic may have', 'topic.prefix', 'a b/c' ],
	[ 'a mode that is none', 'decimal.handling.mode', 'quite precise' ],
	[ 'a boolean that is none', 'tombstones.on.delete', 'perhaps' ],
	[ 'a pattern that is none', 'table.include.list', 'public.(orders' ],
	[ 'a version of the frames that is none', 'wire', '999' ],
	[ 'a version that is no number', 'wire', 'one' ],
	[ 'properties that are none', 'walpost.properties', 'no.such.property=1' ],
	[ 'properties with a broken escape', 'walpost.properties', 'topic.prefix=\\uZZZZ' ],
	[ 'a very long value', 'decimal.handling.mode', 'x' x 100000 ],
	[ 'a very long name', 'x' x 100000, '1' ],
	[ 'no publication of this name', 'publication.name', 'nobody' ],
);

sub quoted
{
	my ($text) = @_;

	return "'" . $text =~ s/'/''/gr . "'";
}

for my $case (@garbage)
{
	my ($what, $name, $value) = @$case;
	my @options = ('topic.prefix', 'shop', 'publication.name', 'walpost');
	my ($option, $text) = (quoted($name), quoted($value));

	# the option is given once
	for my $i (0, 2)
	{
		@options[ $i, $i + 1 ] = () if ($options[$i] // '') eq $name;
	}
	my $list = join ', ', map { quoted($_) } grep { defined } @options;

	($status, $out, $err) = $pg->try_query(
		"SELECT count(*) FROM pg_logical_slot_peek_changes('s', NULL, 10, $option, $text, $list)");
	isnt($status, 0, "$what: refused through SQL");
	like($err, qr/ERROR:  /, "$what: by an error");
	like($err, qr/\Q$name\E|\Q$value\E/, "$what: which names it") if length($name . $value) < 1000;

	my @switches = ('-o', "$name=$value");
	push @switches, '-o', 'topic.prefix=shop' if $name ne 'topic.prefix';
	push @switches, '-o', 'publication.name=walpost' if $name ne 'publication.name';
	($status, $out, $err) = run_command(
		[
			$pg->program('pg_recvlogical'), $pg->connect_switches, '--slot=s', '--start',
			'--no-loop', '--file=-', "--endpos=$end", @switches
		]);
	isnt($status, 0, "$what: refused through the replication protocol");
	wait_until('the slot to be free', sub { $pg->slot('s', 'active') eq 'f' });
}

# ---- options without a value, twice, or none at all
for my $case (
	[ 'an option twice', q{("topic.prefix" 'a', "topic.prefix" 'b')} ],
	[ 'an option without a value', q{("topic.prefix")} ],
	[ 'no option at all', '' ])
{
	my ($what, $list) = @$case;

	($status, $out, $err) = run_command(
		[
			$pg->program('psql'), '-XAtq', '-c', "START_REPLICATION SLOT s LOGICAL 0/0 $list",
			'-d', join(' ', 'host=' . $pg->host, 'port=' . $pg->port, 'user=postgres dbname=postgres replication=database')
		]);
	isnt($status, 0, "$what: refused");
	like($err, qr/ERROR:  .*topic\.prefix/, "$what: by an error that names the option");
}

# ---- after all that
is($pg->pid, $postmaster, 'the server is the same');
unlike(slurp($pg->log), qr/was terminated by signal|PANIC|TRAP/, 'no process of it crashed');
is($pg->query($peek), $all, 'the slot still gives all changes');

done_testing();
