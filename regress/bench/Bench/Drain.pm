# Drain: how long a walsender takes to bring a slot's contents to a client that
# throws them away, for each output plugin, on the same contents.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Drain;

use strict;
use warnings;

use JSON::PP ();
use Walpost::Test;

my @walpost = ('wire=1', 'topic.prefix=bench', 'publication.name=bench');

# A chain as people have it: the row with fields of the envelope, another topic,
# a filter, a field more, a mask.
my @chain = (
	'transforms=unwrap,route,drop,insert,mask',
	'transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState',
	'transforms.unwrap.add.fields=op,table,lsn,source.ts_ms',
	'transforms.route.type=org.apache.kafka.connect.transforms.RegexRouter',
	'transforms.route.regex=(.*)[.]public[.](.*)',
	'transforms.route.replacement=$1.$2',
	'transforms.drop.type=org.apache.kafka.connect.transforms.Filter',
	'transforms.drop.predicate=other',
	'transforms.insert.type=org.apache.kafka.connect.transforms.InsertField$Value',
	'transforms.insert.static.field=region',
	'transforms.insert.static.value=eu',
	'transforms.mask.type=org.apache.kafka.connect.transforms.MaskField$Value',
	'transforms.mask.fields=name',
	'predicates=other',
	'predicates.other.type=org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
	'predicates.other.pattern=.*other',
);

# In the order of the table.  Optional ones are left out where not installed.
our @contenders = (
	{ name => 'walpost', options => \@walpost },
	{ name => 'walpost_chain', plugin => 'walpost', options => [ @walpost, @chain ] },
	{ name => 'pgoutput', options => [ 'proto_version=1', 'publication_names=bench' ] },
	{ name => 'test_decoding', options => [] },
	{ name => 'null_plugin', options => [] },
	{ name => 'wal2json', options => ['format-version=2'], optional => 1 },
	{ name => 'decoderbufs', options => [], optional => 1 },
);

# Makes a slot for each contender and returns those that are there.
sub create_slots
{
	my ($server) = @_;
	my @there;

	for my $contender (@contenders)
	{
		my $name = $contender->{name};
		my $plugin = $contender->{plugin} // $name;
		my ($status, undef, $err) =
		  $server->try_query("SELECT pg_create_logical_replication_slot('drain_$name', '$plugin')", 'bench');

		push @there, $contender if $status == 0;
		die "no slot for $name: $err" if $status != 0 && !$contender->{optional};
	}
	return @there;
}

# Drains every contender's slot up to target, in turn, several times over, so
# that a noisy minute of the machine does not fall on one of them alone.
# Returns name => { wall, cpu, messages, bytes }, the best of each figure.
sub measure
{
	my ($server, %arg) = @_;
	my $conninfo = $server->conninfo . " replication=database options='-c logical_decoding_work_mem=$arg{work_mem}'";
	my %best;

	for my $round (1 .. $arg{rounds})
	{
		for my $contender (@{ $arg{contenders} })
		{
			my $name = $contender->{name};
			open my $out, '-|', $arg{drain}, $conninfo, "drain_$name", $arg{target}, @{ $contender->{options} }
				or die "could not run $arg{drain}: $!\n";
			my $line = <$out>;
			close $out or die "could not drain with $name\n";
			my $got = JSON::PP::decode_json($line);

			# The walsender tidies up after its client has gone: not at the next one's cost.
			wait_until("the end of the walsender of $name", sub { $server->slot("drain_$name", 'active') eq 'f' });
			$arg{progress}->(sprintf 'drain round %d: %-13s %7.2f s  walsender %7.2f s', $round, $name, $got->{wall}, $got->{cpu});

			my $kept = $best{$name} ||= $got;
			for my $figure (qw(wall cpu))
			{
				$kept->{$figure} = $got->{$figure} if $got->{$figure} < $kept->{$figure};
			}
		}
	}
	return \%best;
}

1;
