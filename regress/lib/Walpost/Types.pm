# Types.pm
#    The page plugin/TYPES.md: what each type comes out as, printed by the
#    plugin itself from one row of a table that has a column of each type.
#
# SPDX-License-Identifier: PostgreSQL

package Walpost::Types;

use strict;
use warnings;

use Exporter 'import';
our @EXPORT_OK = qw(types_page);

# Section, then type and literal of each column.
my @sections = (
	[
		'Numbers',
		'boolean' => 'true', 'smallint' => '-32768', 'integer' => '42', 'bigint' => '9223372036854775807',
		'oid' => '4294967295', 'real' => '3.3', 'double precision' => '1e21',
		'numeric(6,2)' => '1.1', 'numeric' => '22.2200', 'money' => '1234.11'
	],
	[
		'Strings',
		'text' => 'say "hi"', 'varchar(5)' => 'ab', 'char(5)' => 'ab', '"char"' => 'q', 'name' => 'pg_class',
		'uuid' => 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'json' => '{"b": 1, "a":2}', 'jsonb' => '{"b": 1, "a":2}',
		'xml' => '<a b="c">x</a>', 'mood' => 'ok', 'inet' => '192.168.2.0/12', 'cidr' => '192.168.100.128/25',
		'macaddr' => '08:00:2b:01:02:03', 'macaddr8' => '08:00:2b:01:02:03:04:05', 'tsvector' => 'a fat cat',
		'refcursor' => 'c', 'int4range' => '[1,10)', 'tsrange' => '[2010-01-01 14:30,)',
		'citext' => 'CiText', 'ltree' => 'Top.Science', 'isbn' => '0-393-04002-X'
	],
	[
		'Dates and times',
		'date' => '2016-11-04', 'time' => '13:51:30.123789', 'time(3)' => '13:51:30.123',
		'timestamp' => '2016-11-04 13:51:30.123456', 'timestamp(3)' => '2016-11-04 13:51:30.123',
		'timestamptz' => '2016-11-04 13:51:30.123456+02', 'timestamptz(0)' => '2016-11-04 13:51:30+02',
		'timetz' => '13:51:30.12+02', 'interval' => '1 year 2 mons 3 days 04:05:06.78'
	],
	[
		'Bytes and bits',
		'bytea' => '\xfffe00', 'bit' => '1', 'bit(9)' => '100000001', 'varbit' => '101'
	],
	[
		'Shapes',
		'point' => '(1,1)', 'lseg' => '[(0,0),(0,1)]', 'box' => '(0,0),(1,1)', 'path' => '((0,0),(0,1))',
		'polygon' => '((0,0),(0,1),(1,1))', 'circle' => '<(10,4),10>', 'line' => '{1,2,3}'
	],
	[
		'Maps and arrays',
		'hstore' => 'a=>1, b=>NULL', 'integer[]' => '{1,null}', 'bigint[][]' => '{{1,2},{3,4}}',
		'text[]' => '{a,"b c"}', 'numeric(6,2)[]' => '{1.1,2}', 'timestamp(3)[]' => '{2016-11-04 13:51:30.123}',
		'int4range[]' => '{"[1,2)"}', 'mood[]' => '{ok,sad}', 'bit(3)[]' => '{101}', 'oidvector' => '1 2', 'money[]' => '{1.5}'
	],
	[
		'Types without a mapping',
		'tsquery' => 'fat & rat', 'pg_lsn' => '16/B374D848',
		'comp' => '(1,hi)', 'comp[]' => '{"(1,x)"}'
	],
);

# The properties that change what a type comes out as, and their values.
my @modes = (
	[ 'decimal.handling.mode', 'string', 'double' ],
	[ 'money.fraction.digits', '4' ],
	[
		'time.precision.mode', 'adaptive_time_microseconds',
		'connect', 'isostring', 'microseconds', 'nanoseconds', 'structured'
	],
	[ 'interval.handling.mode', 'string' ],
	[ 'binary.handling.mode', 'base64', 'base64-url-safe', 'hex' ],
	[ 'hstore.handling.mode', 'map' ],
	[ 'include.unknown.datatypes', 'true' ],
);

my $HEAD = <<'EOP';
# What types come out as

Printed by the plugin itself, from one row of a table with a column of each type; do not edit. The mapping is that of Debezium's
PostgreSQL connector 3.7.0.Final but for the points at the end.

A domain is what its base type is. An array keeps the modifier of its elements. The field of a column is `optional` if the column may be
null; the shapes other than `point`, PostGIS types and arrays of bits are so in any case. In the examples, `mood` is an enum and `comp` a
composite type.
EOP

my $TAIL = <<'EOP';

## Types of other extensions

| type | comes out as |
|---|---|
| PostGIS `geometry`, `geography` | struct `io.debezium.data.geometry.Geometry`, `...Geography`: `wkb` (EWKB as the type prints it), `srid` |
| pgvector `vector`, `halfvec` | array `io.debezium.data.DoubleVector`, `io.debezium.data.FloatVector` |
| pgvector `sparsevec` | struct `io.debezium.data.SparseDoubleVector`; null with more than 32767 dimensions, which its schema cannot count |

A type is taken for an extension's only if it belongs to that extension; one of the same name made by hand is a type without a mapping.

## Special values

| value | comes out as |
|---|---|
| `NaN` and the infinities of `real`, `double precision` | `"NaN"`, `"Infinity"`, `"-Infinity"` |
| the same of `numeric` | null; as strings `"NAN"`, `"POSITIVE_INFINITY"`, `"NEGATIVE_INFINITY"`; as doubles `"NaN"` and so on |
| `infinity` of `date`, `timestamp` | the extreme numbers that Debezium prints, different in each mode |
| `infinity` of `timestamptz` | `"infinity"`, `"-infinity"` |
| a timestamp out of the range of nanoseconds | null in mode `nanoseconds` |
| `timetz` with seconds in its offset | null, but in mode `structured` |

## Where Debezium's connector does otherwise

| what | Debezium | here |
|---|---|---|
| `name` columns | null in the stream, the value in a snapshot | the value |
| `numeric` with a negative scale | a scale around 2,000 | the scale itself |
| text and uuid arrays of several dimensions | the text of a Java object | a null for each row, as for all other types |
| dates and times in arrays | microseconds, eras, 24:00 and infinities are lost | as outside an array |
| a null element in arrays of `ltree`, NaN in arrays of `numeric` | the whole array is null | the element is null |
| `oidvector`, `int2vector` | an empty array | the elements |
| doubles | as JDK 17 prints them, at times a digit too long | the shortest form that reads back |
| `refcursor`, an interval beyond 2^31 hours | the connector stops | the text; the interval |
| types without a mapping that print names (`regclass`) | by `search_path` | always with their schema |
EOP

# The whole page, printed by a server that has the plugin.
sub types_page
{
	my ($pg) = @_;
	my $default = _make_row($pg);
	my $page = $HEAD;

	for my $section (@sections)
	{
		my ($title, @columns) = @$section;

		$page .= "\n## $title\n\n| type | example | comes out as | schema |\n|---|---|---|---|\n";
		while (my ($type, $literal) = splice(@columns, 0, 2))
		{
			my $field = $default->{$type};

			$page .= '| ' . join(' | ', _code($type), _code($literal), $field ? (_code($field->[1]), $field->[0]) : ('left out', '')) . " |\n";
		}
	}
	$page .= _modes($pg, $default) . $TAIL;
	$pg->query("SELECT pg_drop_replication_slot('types')");
	return $page;
}

# Where a mode makes a difference: one table for each property.
sub _modes
{
	my ($pg, $default) = @_;
	my $text = "\n## Modes\n\nWhat differs from the tables above.\n";

	for my $mode (@modes)
	{
		my ($name, @values) = @$mode;

		$text .= "\n`$name`:\n\n| value | type | comes out as | schema |\n|---|---|---|---|\n";
		for my $value (@values)
		{
			my $fields = _read_row($pg, $name, $value);

			for my $type (_types())
			{
				my ($was, $is) = ($default->{$type}, $fields->{$type});

				next if !$is || ($was && $was->[0] eq $is->[0] && $was->[1] eq $is->[1]);
				$text .= '| ' . join(' | ', _code($value), _code($type), _code($is->[1]), $is->[0]) . " |\n";
			}
		}
	}
	return $text;
}

# Markdown for a piece of code within a table.
sub _code
{
	my ($text) = @_;

	$text =~ s/\|/\\|/g;
	return "`$text`";
}

# All types in order.
sub _types
{
	my @types;

	for my $section (@sections)
	{
		my (undef, @columns) = @$section;

		while (my ($type) = splice(@columns, 0, 2))
		{
			push @types, $type;
		}
	}
	return @types;
}

# Makes a table with a column of each type, its name the type's, and one row
# in it; returns what becomes of that row by default.
sub _make_row
{
	my ($pg) = @_;
	my (@columns, @literals);

	for my $section (@sections)
	{
		my (undef, @pairs) = @$section;

		while (my ($type, $literal) = splice(@pairs, 0, 2))
		{
			push @columns, '"' . ($type =~ s/"/""/gr) . "\" $type";
			push @literals, "'" . ($literal =~ s/'/''/gr) . "'";
		}
	}
	my $columns = join(', ', @columns);
	my $literals = join(', ', @literals);

	$pg->query($_) for (
		'CREATE EXTENSION citext',
		'CREATE EXTENSION hstore',
		'CREATE EXTENSION isn',
		'CREATE EXTENSION ltree',
		"CREATE TYPE mood AS ENUM ('sad', 'ok')",
		'CREATE TYPE comp AS (a int, b text)',
		"CREATE TABLE types ($columns)",
		"SELECT pg_create_logical_replication_slot('types', 'walpost')",
		"INSERT INTO types VALUES ($literals)");
	return _read_row($pg);
}

# Schema and value of each column of that row: {type => [schema, value]}.
sub _read_row
{
	my ($pg, @options) = @_;
	my $options = join('', map { ", '$_'" } @options);
	my $rows = $pg->query(<<"EOQ");
WITH event AS (
  SELECT data::json -> 'value' AS v
  FROM pg_logical_slot_peek_changes('types', NULL, NULL, 'topic.prefix', 't', 'value.converter.schemas.enable', 'true'$options)),
field AS (
  SELECT f, v -> 'payload' -> 'after' -> (f ->> 'field') AS value
  FROM event, json_array_elements(v -> 'schema' -> 'fields' -> 0 -> 'fields') AS f)
SELECT concat_ws(E'\\t', f ->> 'field',
  (f ->> 'type') || coalesce(' of ' || (f -> 'items' ->> 'type'), '') || coalesce(', `' || (f ->> 'name') || '`', '')
    || coalesce(', of `' || (f -> 'items' ->> 'name') || '`', '')
    || coalesce((SELECT string_agg(', ' || p.key || ' `' || p.value || '`', '') FROM json_each_text(f -> 'parameters') AS p), ''),
  coalesce(value::text, 'null'))
FROM field
EOQ
	my %fields;

	for my $row (split /\n/, $rows)
	{
		my ($type, $schema, $value) = split /\t/, $row;

		$fields{$type} = [ $schema, $value ];
	}
	return \%fields;
}

1;
