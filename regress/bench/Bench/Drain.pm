# Drain: how long a walsender takes to bring a slot's contents to a client that
# throws them away, for each output plugin, on the same contents.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Drain;

use strict;
use warnings;

use JSON::PP ();
use Walpost::Test;

# In the order of the table.  Optional ones are left out where not installed.
our @contenders = (
	{ name => 'walpost', options => [ 'wire=1', 'topic.prefix=bench', 'publication.name=bench' ] },
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
		my ($status, undef, $err) =
		  $server->try_query("SELECT pg_create_logical_replication_slot('drain_$name', '$name')", 'bench');

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
