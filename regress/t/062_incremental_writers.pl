# Incremental snapshots while others insert, update, move, delete and truncate, and
# while shipper and server are killed: what the topic says last of each key is what the
# table has, and exactly once no key ever goes back.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOS');
CREATE EXTENSION walpost;
CREATE SEQUENCE version;
CREATE TABLE rows (id int, part text, n bigint NOT NULL, pad text, PRIMARY KEY (part, id));
INSERT INTO rows SELECT i, 'p' || i % 3, nextval('version'), repeat('p', 100) FROM generate_series(1, 1500) i;
CREATE TABLE refilled (id int PRIMARY KEY, n bigint NOT NULL);
CREATE TABLE gate (stop bool);
CREATE PROCEDURE work(seed float) LANGUAGE plpgsql AS $$
DECLARE
	i int;
	p text;
	k float;
BEGIN
	PERFORM setseed(seed);
	WHILE NOT EXISTS (SELECT FROM gate) LOOP
		i := 1 + random() * 1600;
		p := 'p' || (random() * 2)::int;
		k := random();
		IF k < 0.5 THEN
			UPDATE rows SET n = nextval('version') WHERE id BETWEEN i AND i + 5 AND part = p;
		ELSIF k < 0.65 THEN
			DELETE FROM rows WHERE id = i AND part = p;
		ELSIF k < 0.8 THEN
			UPDATE rows SET id = 1 + random() * 1600, n = nextval('version') WHERE id = i AND part = p
				AND NOT EXISTS (SELECT FROM rows WHERE id BETWEEN i + 1 AND i + 2);
		ELSE
			INSERT INTO rows VALUES (i, p, nextval('version'), 'x') ON CONFLICT DO NOTHING;
		END IF;
		IF random() < 0.1 THEN
			ROLLBACK;
		ELSE
			COMMIT;
		END IF;
		PERFORM pg_sleep(0.002);
	END LOOP;
END $$;
CREATE PROCEDURE refill() LANGUAGE plpgsql AS $$
BEGIN
	WHILE NOT EXISTS (SELECT FROM gate) LOOP
		TRUNCATE refilled;
		INSERT INTO refilled SELECT i, nextval('version') FROM generate_series(1, 200) i;
		COMMIT;
		PERFORM pg_sleep(0.1);
	END LOOP;
END $$;
EOS

my $writers = 0;

# A writer that meets another one's key, or lock, ends: there are some more.
sub start_writers
{
	return map { $pg->query_in_background("CALL $_", log_file('writer' . ++$writers)) }
	  'refill()', map { "work(0.$_)" } 1 .. 4;
}

# What the topic says last of each key, and how often a key went back.
sub replay
{
	my ($ship) = @_;
	my (%state, %last, $back, $read);

	$back = $read = 0;
	for my $record ($ship->events('rows'))
	{
		my $event = $record->{event} or next;
		my $row = $event->{after} // $event->{before};
		my $key = "$row->{part}/$row->{id}";

		delete $state{$key};
		next if $event->{op} eq 'd';
		$back++ if ($last{$key} // 0) > $row->{n};
		$read++ if $event->{op} eq 'r';
		$last{$key} = $state{$key} = $row->{n};
	}
	return (\%state, $back, $read);
}

sub replay_refilled
{
	my ($ship) = @_;
	my %state;

	for my $record ($ship->events('refilled'))
	{
		my $event = $record->{event} or next;

		%state = () if $event->{op} eq 't';
		$state{ $event->{after}{id} } = $event->{after}{n} if $event->{after};
	}
	return \%state;
}

sub table
{
	my ($key, $name) = @_;

	return { map { split /\|/ } split /\n/, $pg->query("SELECT $key, n FROM $name") };
}

sub ask
{
	$pg->query(q{SELECT walpost.signal('execute-snapshot', '{"data-collections": ["public.rows", "public.refilled"]}')});
	return;
}

sub completed
{
	my ($ship) = @_;

	return scalar(() = $ship->log =~ /incremental snapshot of public\.rows is complete/g);
}

sub run
{
	my ($name, @conf) = @_;
	my $ship = Walpost::Shipper->running(
		pg => $pg,
		kafka => $kafka,
		conf => {
			'table.include.list' => 'public\.(rows|refilled)',
			# small chunks, many windows
			'incremental.snapshot.chunk.size' => 50,
			'walpost.debezium.quirks' => 'true',
			'skipped.operations' => 'none',
			'offset.flush.interval.ms' => 200,
			@conf });
	my @writers;

	$pg->query('TRUNCATE gate');
	@writers = start_writers();
	ask();
	wait_until('a snapshot', sub { completed($ship) >= 1 });
	ask();
	$ship->kill9;
	$ship->start;
	wait_until('another one', sub { completed($ship) >= 2 });
	ask();
	ok(wait_until('a third one to begin', sub { $ship->log =~ /(?:is asked for|goes on).*\n(?!.*is complete)/ }), "$name: it runs");
	$pg->stop('immediate');
	$pg->start;
	push @writers, start_writers();
	wait_until('the third one', sub { completed($ship) >= 3 });
	ask();
	wait_until('a fourth one', sub { completed($ship) >= 4 });
	$pg->query('INSERT INTO gate VALUES (true)');
	wait_exit($_, 60) for @writers;
	$pg->query(q{INSERT INTO rows VALUES (-1, 'the end', 0) ON CONFLICT DO NOTHING});
	$ship->wait_drained(120);

	my ($state, $back, $read) = replay($ship);
	cmp_ok($read, '>', 4000, "$name: rows were read");
	is_deeply($state, table("part || '/' || id", 'rows'), "$name: the topic is the table");
	is_deeply(replay_refilled($ship), table('id', 'refilled'), "$name: so it is with one that is truncated all the time");
	is($back, 0, "$name: no key goes back") if @conf;
	is($ship->stop, 0, "$name: a clean end");
	return;
}

run('at least once');
$pg->query("SELECT pg_drop_replication_slot('walpost')");
run('exactly once', 'exactly.once.support' => 'required');

done_testing();
