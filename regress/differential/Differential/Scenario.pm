# Differential::Scenario
#    One scenario: SQL and properties from scenarios/, run before both
#    connectors at once, or before one of them.
#
# Both read the same WAL, each through a slot of its own, and write into a
# broker of their own: positions, transaction ids, topics and partitions are the
# same by nature, and every byte can be compared.  Database and prefix are
# called after the scenario, so that its records are the same in another run
# but for what the server counts (Differential::Normal).
#
# SPDX-License-Identifier: PostgreSQL
package Differential::Scenario;

use strict;
use warnings;

use Walpost::Connect ();
use Walpost::Shipper;
use Walpost::Test;

# The names of those in a folder that one of these names or globs fits, of all
# without: one for each file of properties.  "types.strings.properties" goes with
# "types.sql".
sub names
{
	my ($folder, @globs) = @_;
	my ($pattern) = map { qr/^(?:$_)$/ } join '|', map { join '.*', map { quotemeta } split /\*/, $_, -1 } @globs ? @globs : '*';
	my @names = grep { $_ =~ $pattern } map { m{([^/]+)\.properties$} } glob "$folder/*.properties";

	die "no scenario of that name in $folder\n" unless @names;
	return sort @names;
}

# A scenario: name, conf, a hash of properties, setup, the SQL of its tables,
# and stream, what happens to them.  What runs it: pg (Walpost::Postgres), and
# the brokers (Walpost::Kafka) of the connectors that are to take part, walpost
# or debezium, the latter on connect (Walpost::Connect).
sub new
{
	my ($class, %opt) = @_;
	my $id = $opt{name} =~ s/\W/_/gr;
	my $self = bless { %opt, db => $id, prefix => $opt{conf}{'topic.prefix'} // $id }, $class;

	$self->{sides} = [ grep { $self->{$_} } qw(debezium walpost) ];
	$self->{slots} = { map { $_ => "${_}_$id" } @{ $self->{sides} } };
	$self->{delimiter} = $self->{conf}{'topic.delimiter'} // '.';
	$self->{quiet} = ($self->{conf}{'skipped.operations'} // '') =~ /\bc\b/;
	$self->{marker} = $self->{quiet} ? "$self->{prefix}$self->{delimiter}message" : $self->_topic('public', 'the_end');
	return $self;
}

# The topic of a table whose name has nothing odd but underscores.
sub _topic
{
	my ($self, $schema, $table) = @_;
	my $strategy = $self->{conf}{'topic.naming.strategy'} // '';
	my $topic = join $self->{delimiter}, $self->{prefix}, $strategy =~ /Default/ ? () : $schema, $table;

	return $strategy =~ /Unicode/ ? $topic =~ s/_/_u005f/gr : $topic;
}

# The one of a name: name, conf, setup and stream for new().
sub load
{
	my ($folder, $name) = @_;
	my ($sql) = $name =~ /^([^.]+)/;
	my ($setup, $stream) = split /^-- stream\n/m, slurp("$folder/$sql.sql"), 2;

	die "$sql.sql has no line \"-- stream\"\n" unless defined $stream;
	return (name => $name, conf => _properties("$folder/$name.properties"), setup => $setup, stream => $stream);
}

# A file of properties: comments, and one property a line, a backslash before
# what is to stand for itself.
sub _properties
{
	my ($file) = @_;
	my %conf;

	for my $line (grep { /\S/ && !/^#/ } split /\n/, slurp($file))
	{
		my ($name, $value) = split /=/, $line, 2;

		$conf{$name} = $value =~ s/\\(.)/$1/gr;
	}
	return \%conf;
}

# A Kafka Connect worker for Debezium, running, that writes into a broker.
sub worker
{
	my ($kafka) = @_;
	my $connect = Walpost::Connect->new(
		kafka => $kafka,
		java => [ '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1' ],
		conf => { 'offset.flush.interval.ms' => 1000 });

	$connect->start;
	$connect->wait_ready;
	return $connect;
}

# Why it cannot run on its server, or undef: the extensions that it makes, and
# the versions in a line "-- servers 15-16" or "-- servers 15-".
sub unmet
{
	my ($self) = @_;
	my ($from, $to) = $self->{setup} =~ /^-- servers (\d+)-(\d*)$/m;
	my $version = int $self->{pg}->query('SHOW server_version_num') / 10000;

	return "PostgreSQL $version" if defined $from && ($version < $from || length $to && $version > $to);
	for my $extension ($self->{setup} =~ /^CREATE EXTENSION (\w+)/mg)
	{
		return "no extension $extension"
		  unless $self->{pg}->query("SELECT 1 FROM pg_available_extensions WHERE name = '$extension'");
	}
	return;
}

# Runs it; returns a hash: what the broker of each connector holds afterwards,
# as a hash of topics and their records.
sub run
{
	my ($self) = @_;
	my @before = $self->_counted;

	$self->{pg}->query("CREATE DATABASE $self->{db}");
	$self->_sql($self->_with_publication);
	$self->_make_topics;
	$self->_hold;
	$self->_start;
	my $done = eval {
		$self->_play($self->_stream);
		$self->_await_snapshots;
		$self->_mark;
		1;
	};
	my $failure = $@;
	$self->_stop;
	die $failure unless $done;
	my @after = $self->_counted;
	@{ $self->{within} }{qw(lsn xid time)} = map { [ $before[$_], $after[$_] ] } 0 .. 2;
	return map { $_ => $self->_read($self->{$_}) } @{ $self->{sides} };
}

# What the server and the clock have counted so far: the position in the WAL,
# the transaction id, microseconds.
sub _counted
{
	my ($self) = @_;

	return split /\|/, $self->{pg}->query(
		"SELECT pg_current_wal_insert_lsn() - '0/0', txid_current(), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
}

# Between which counts the run was (Differential::Normal).
sub within { return $_[0]{within}; }

# What happens.  It pauses where Debezium needs time to ask the catalog.
sub _stream
{
	my ($self) = @_;

	return $self->{debezium} ? $self->{stream} : $self->{stream} =~ s/^SELECT pg_sleep\([\d.]+\);\n//mgr;
}

# A line "-- kafka TOPIC KEY VALUE" is a record that each connector finds in its
# broker.
my $record = qr/^-- kafka (\S+) (\S+) (.*)\n/m;

# Makes the topics of such records, with one partition.
sub _make_topics
{
	my ($self) = @_;
	my %topics;

	$topics{$1} = 1 while $self->{stream} =~ /$record/g;
	for my $side (@{ $self->{sides} })
	{
		$self->{$side}->create_topic($_) for sort keys %topics;
	}
	return;
}

# Runs SQL with records in it, in that order.
sub _play
{
	my ($self, $stream) = @_;
	my ($sql, @rest) = split $record, $stream;

	$self->_sql($sql);
	while (my ($topic, $key, $value, $then) = splice @rest, 0, 4)
	{
		$self->{$_}->write_record($topic, $key, $value) for @{ $self->{sides} };
		$self->_sql($then // '');
	}
	return;
}

# Runs a scenario's SQL, which may be long.
sub _sql
{
	my ($self, $sql) = @_;
	my ($status, undef, $err) = $self->{pg}->try_query($sql, $self->{db});

	die $err if $status != 0;
	return;
}

# The setup, with the table whose rows tell the end.  Other publications than
# the usual one are the scenario's own.
sub _with_publication
{
	my ($self) = @_;
	my $publication = $self->{setup} =~ /CREATE PUBLICATION dbz_publication/i ? '' : 'CREATE PUBLICATION dbz_publication FOR ALL TABLES;';

	return "$self->{setup};\nCREATE TABLE the_end (id int PRIMARY KEY, xid bigint);\n$publication\n";
}

# Keeps a snapshot until the database goes.  Old rows stay where they are then, or
# it would be a matter of luck where an update puts the new ones, and in which
# order the next one finds them.
sub _hold
{
	my ($self) = @_;
	my $hold = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1; SELECT pg_sleep(3600)";

	$self->{pg}->query_in_background($hold, log_file('hold'), $self->{db});
	return wait_until('a snapshot', sub {
		$self->{pg}->query("SELECT 1 FROM pg_stat_activity WHERE datname = '$self->{db}' AND wait_event = 'PgSleep' AND backend_xmin IS NOT NULL");
	});
}

# Starts the connectors, and waits until they stream.
sub _start
{
	my ($self) = @_;

	$self->_start_walpost if $self->{walpost};
	$self->_start_debezium if $self->{debezium};
	$self->{shipper}->wait_streaming if $self->{shipper};
	$self->_wait_debezium('stream', sub { $self->{pg}->slot($self->{slots}{debezium}, 'active') eq 't' })
	  if $self->{debezium};
	return;
}

# The properties of one side: those of both, and those that begin with its name.
sub _conf
{
	my ($self, $side) = @_;
	my %conf = (
		'snapshot.mode' => 'no_data',
		# Debezium's default, for its order
		'walpost:snapshot.max.threads' => '1',
		'topic.prefix' => $self->{prefix},
		'publication.name' => 'dbz_publication',
		'topic.creation.default.replication.factor' => '1',
		'topic.creation.default.partitions' => '1',
		'key.converter' => 'org.apache.kafka.connect.json.JsonConverter',
		'key.converter.schemas.enable' => 'false',
		'value.converter' => 'org.apache.kafka.connect.json.JsonConverter',
		'value.converter.schemas.enable' => 'false',
		($self->{conf}{'signal.enabled.channels'} // '') =~ /kafka/
		? ('signal.kafka.bootstrap.servers' => $self->{$side}->brokers)
		: (),
		%{ $self->{conf} });

	for my $own (grep { /^(?:walpost|debezium):/ } keys %conf)
	{
		my $value = delete $conf{$own};

		$conf{$1} = $value if $own =~ /^$side:(.*)/;
	}
	return %conf;
}

sub _start_walpost
{
	my ($self) = @_;

	$self->{shipper} = Walpost::Shipper->new(
		pg => $self->{pg},
		kafka => $self->{walpost},
		db => $self->{db},
		prefix => $self->{prefix},
		conf => { $self->_conf('walpost'), 'name' => "debezium_$self->{db}", 'slot.name' => $self->{slots}{walpost} });
	return $self->{shipper}->start;
}

sub _start_debezium
{
	my ($self) = @_;
	my $slot = $self->{slots}{debezium};

	return $self->{connect}->create(
		$slot,
		$self->_conf('debezium'),
		'connector.class' => 'io.debezium.connector.postgresql.PostgresConnector',
		'plugin.name' => 'pgoutput',
		'slot.name' => $slot,
		'database.hostname' => '127.0.0.1',
		'database.port' => $self->{pg}->port,
		'database.user' => 'postgres',
		'database.password' => 'trusted',
		'database.dbname' => $self->{db});
}

# Waits for something of Debezium's, unless it has failed.
sub _wait_debezium
{
	my ($self, $what, $code) = @_;

	return wait_until("Debezium to $what", sub {
		my $done = $code->();
		my $failure = $done ? undef : $self->{connect}->failure($self->{slots}{debezium});

		die join "\n    ", "Debezium failed:", grep({ /^\S/ } split /\n/, $failure), '' if defined $failure;
		return $done;
	}, 60);
}

# Writes the last rows (messages, where inserts are skipped), and waits until
# each connector has them in Kafka.  Of the second one's transaction, the end
# may come after the row, so it counts for nothing.
sub _mark
{
	my ($self) = @_;

	$self->{last} = $self->{pg}->query(
		$self->{quiet}
		? "SELECT txid_current() FROM pg_logical_emit_message(true, 'the_end', '')"
		: "WITH last AS (INSERT INTO the_end VALUES ($_, txid_current()) RETURNING xid) SELECT xid FROM last",
		$self->{db}) for 1, 2;
	wait_until('Walpost to come to the end', sub { _has_end($self->{walpost}, $self->{marker}) }) if $self->{walpost};
	$self->_wait_debezium('come to the end', sub { _has_end($self->{debezium}, $self->{marker}) }) if $self->{debezium};
	return;
}

# Waits until each connector has notified that the snapshots are through which
# signals have asked for.
sub _await_snapshots
{
	my ($self) = @_;
	my $topic = $self->{conf}{'notification.sink.topic.name'} // return;
	my $wanted = () = $self->{stream} =~ /['"]execute-snapshot['"]/g;

	wait_until('Walpost to end its snapshots', sub { _completed($self->{walpost}, $topic) >= $wanted }) if $self->{walpost};
	$self->_wait_debezium('end its snapshots', sub { _completed($self->{debezium}, $topic) >= $wanted }) if $self->{debezium};
	return;
}

# How many snapshots are notified as completed, none as long as there is no topic.
sub _completed
{
	my ($kafka, $topic) = @_;

	return scalar grep { $_->{value} =~ /"type":"COMPLETED"/ } eval { $kafka->read_topic($topic) };
}

# Are both last rows there?  (A topic that is just being made may be no answer.)
sub _has_end
{
	my ($kafka, $topic) = @_;

	return (eval { $kafka->written($topic) } // 0) >= 2;
}

# Ends the connectors, and clears away what is on the server.
sub _stop
{
	my ($self) = @_;
	my $pg = $self->{pg};

	$self->{shipper}->stop // $self->{shipper}->kill9 if $self->{shipper};
	$self->{connect}->remove($self->{slots}{debezium}) if $self->{debezium};
	for my $slot (values %{ $self->{slots} })
	{
		wait_until("slot $slot to be free", sub { $pg->slot($slot, 'active') ne 't' });
		$pg->query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '$slot'");
	}
	$pg->query("DROP DATABASE $self->{db} WITH (FORCE)");
	return;
}

# Reads a broker's topics; their names go without the prefix.  Of heartbeats,
# whose number is a matter of time, there is the first; those that transforms have
# moved to where others are come as a topic of their own.
sub _read
{
	my ($self, $kafka) = @_;
	my %topics = $kafka->topics;
	my %records;

	for my $topic (grep { /^(?:__debezium-heartbeat\Q$self->{delimiter}\E)?$self->{prefix}(?:$|\Q$self->{delimiter}\E)/ } keys %topics)
	{
		next if $topic eq $self->{marker};
		my @records = grep { ($_->{key} // '') !~ /"id":"$self->{last}:/ } $kafka->read_topic($topic);

		my $name = $topic =~ s/^$self->{prefix}\Q$self->{delimiter}\E//r;
		my @beats = $self->{conf}{'heartbeat.interval.ms'} ? grep { _is_heartbeat($_) } @records : ();

		@records = grep { !_is_heartbeat($_) } @records if @beats;
		$records{ @records ? "$name-heartbeats" : $name } = [ $beats[0] ] if @beats;
		next if @beats && !@records;

		# Debezium's incremental snapshots write these into the signals' table; Walpost's leave it alone
		@records = grep { ($_->{value} // '') !~ /"type":"snapshot-window-(?:open|close)"/ } @records;
		$records{$name} = \@records;
	}
	return \%records;
}

# By its key, or the schema of its value.
sub _is_heartbeat
{
	my ($record) = @_;

	return ($record->{key} // '') =~ /\bserverName\b/ || ($record->{value} // '') =~ /"io\.debezium\.connector\.common\.Heartbeat"/;
}

1;
