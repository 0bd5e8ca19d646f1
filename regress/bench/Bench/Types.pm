# Types: what a value costs the plugin's encoder, beside the type's own output
# function.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Types;

use strict;
use warnings;

use Walpost::Test;

# How many values a sample has, and of what arrays have many elements.
use constant { VALUES => 10_000, LARGE => 500 };

# A name, an expression of the row's number i, and properties that are not the
# default ones.  The names begin with the type's.
my @scalars = (
	[ 'boolean', 'noise(i) < 0.5' ],
	[ 'smallint', 'pick(i, 0, 999)::int2' ],
	[ 'integer', 'pick(i, 1, 2000000)::int4' ],
	[ 'bigint', 'pick(i, 1, 1000000000000000)' ],
	[ 'real, two decimals', '(pick(i, 0, 99999) / 100.0)::float4' ],
	[ 'real, any', '(noise(i) * 1000)::float4' ],
	[ 'double precision, whole', 'pick(i, 0, 99999)::float8' ],
	[ 'double precision, two decimals', '(pick(i, 0, 99999) / 100.0)::float8' ],
	[ 'double precision, any', 'noise(i) * 1000' ],
	[ 'numeric(10,2), 4 digits', '(pick(i, 1000, 9999) / 100.0)::numeric(10,2)' ],
	[ 'numeric(30,10), 20 digits', '((pick(i, 1, 9999999999) + pick(i, 1, 9999999999, 1) / 1e10::numeric))::numeric(30,10)' ],
	[ 'numeric, 4 digits', 'round(pick(i, 1000, 9999) / 100.0, 2)' ],
	[ 'numeric, 20 digits', 'round(pick(i, 1, 9999999999) + pick(i, 1, 9999999999, 1) / 1e10::numeric, 10)' ],
	[ 'numeric(10,2) as string', '(pick(i, 1000, 9999) / 100.0)::numeric(10,2)', 'decimal.handling.mode=string' ],
	[ 'numeric(30,10) as string', '((pick(i, 1, 9999999999) + pick(i, 1, 9999999999, 1) / 1e10::numeric))::numeric(30,10)', 'decimal.handling.mode=string' ],
	[ 'numeric(10,2) as double', '(pick(i, 1000, 9999) / 100.0)::numeric(10,2)', 'decimal.handling.mode=double' ],
	[ 'text, 5 to 20 characters', 'plain(i, 5, 20)' ],
	[ 'text, 20 to 100', 'plain(i, 20, 100)' ],
	[ 'text, 200 to 1500', 'plain(i, 200, 1500)' ],
	[ 'text, not ASCII, 5 to 20', 'foreign_text(i, 5, 20)' ],
	[ 'text, not ASCII, 200 to 600', 'foreign_text(i, 200, 600)' ],
	[ 'text, with quotes, 20 to 100', 'quoting(i, 20, 100)' ],
	[ 'text, with quotes, 200 to 1500', 'quoting(i, 200, 1500)' ],
	[ 'text, with emoji, 20 to 100', 'cheerful(i, 20, 100)' ],
	[ 'varchar(50)', 'plain(i, 10, 50)::varchar(50)' ],
	[ 'char(10)', 'plain(i, 1, 10)::char(10)' ],
	[ 'uuid', 'md5(i::text)::uuid' ],
	[ 'date', q{date '2020-01-01' + pick(i, 0, 3000)::int} ],
	[ 'date as string', q{date '2020-01-01' + pick(i, 0, 3000)::int}, 'time.precision.mode=isostring' ],
	[ 'time', q{time '00:00' + noise(i) * interval '1 day'} ],
	[ 'timestamp', q{timestamp '2020-01-01' + noise(i) * interval '3000 days'} ],
	[ 'timestamp as string', q{timestamp '2020-01-01' + noise(i) * interval '3000 days'}, 'time.precision.mode=isostring' ],
	[ 'timestamptz', q{timestamptz '2020-01-01+00' + noise(i) * interval '3000 days'} ],
	[ 'timestamptz(0)', q{(timestamptz '2020-01-01+00' + noise(i) * interval '3000 days')::timestamptz(0)} ],
	[ 'interval', q{justify_hours(noise(i) * interval '30 days')} ],
	[ 'json, 200 bytes', 'document(i)::json' ],
	[ 'jsonb, 200 bytes', 'document(i)::jsonb' ],
	[ 'bytea, 16 bytes', 'octets(i, 16)' ],
	[ 'bytea, 1000 bytes', 'octets(i, 1000)' ],
	[ 'inet', q{('10.' || pick(i, 0, 255) || '.' || pick(i, 0, 255, 1) || '.' || pick(i, 0, 255, 2))::inet} ],
	[ 'an enum', '(enum_range(NULL::mood))[pick(i, 1, 4)]' ],
);

# The same of the elements of an array, made of their number k.
my @elements = (
	[ 'boolean[]', 'noise(k) < 0.5' ],
	[ 'integer[]', 'pick(k, 1, 2000000)::int4' ],
	[ 'bigint[]', 'pick(k, 1, 1000000000000000)' ],
	[ 'double precision[]', 'noise(k) * 1000' ],
	[ 'numeric[]', 'round(pick(k, 1000, 9999) / 100.0, 2)' ],
	[ 'text[]', 'plain(k, 5, 20)' ],
	[ 'uuid[]', 'md5(k::text)::uuid' ],
	[ 'date[]', q{date '2020-01-01' + pick(k, 0, 3000)::int} ],
	[ 'timestamp[]', q{timestamp '2020-01-01' + noise(k) * interval '3000 days'} ],
	[ 'timestamptz[]', q{timestamptz '2020-01-01+00' + noise(k) * interval '3000 days'} ],
	[ 'bytea[]', 'octets(k, 16)' ],
	[ 'jsonb[]', 'document(k)::jsonb' ],
);

# Name, query and properties of every sample.
sub samples
{
	my $rows = 'FROM generate_series(1, %d) i';
	my @samples = map { [ $_->[0], "SELECT $_->[1] " . sprintf($rows, VALUES), $_->[2] // '' ] } @scalars;

	for my $element (@elements)
	{
		my ($name, $expression) = @$element;
		my $array = "(SELECT array_agg($expression) FROM generate_series(i * 1000, i * 1000 + pick(i, %d, %d)::int) k)";

		push @samples,
		  [ "$name of 2 to 6", sprintf("SELECT $array $rows", 1, 5, VALUES / 4), '' ],
		  [ "$name of 50 to 150", sprintf("SELECT $array $rows", 49, 149, LARGE / 4), '' ];
	}
	return @samples;
}

# Returns a list of { name, encoder, output, ratio }: nanoseconds a value.
sub measure
{
	my ($server, %arg) = @_;
	my @costs;

	$server->query(slurp($arg{sql}), 'bench');
	for my $sample (samples())
	{
		my ($name, $query, $properties) = @$sample;
		my $answer = $server->query(
			"SELECT array_to_string(type_cost(\$q\$$query\$q\$, '$properties', $arg{passes}), ' ')", 'bench');
		my ($encoder, $output) = split ' ', $answer;

		push @costs, { name => $name, encoder => $encoder, output => $output, ratio => $encoder / $output };
	}
	return \@costs;
}

1;
