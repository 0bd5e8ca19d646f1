# Types.pm
#    Tables that have a column of each type, and the page plugin/TYPES.md: what
#    each type comes out as, printed by the plugin itself from their rows.
#
# SPDX-License-Identifier: PostgreSQL

package Walpost::Types;

use strict;
use warnings;

use Exporter 'import';
our @EXPORT_OK = qw(types_page types_tables types_modes);

# Section, then type and literal of each column.
my @sections = (
	[
		'Numbers',
		'boolean' => 'true', 'smallint' => '-32768', 'integer' => '42', 'bigint' => '9223372036854775807',
		'oid' => '4294967295', 'real' => '3.3', 'double precision' => '1e21',
		'numeric(6,2)' => '1.1', 'numeric(6)' => '12', 'numeric' => '22.2200', 'money' => '1234.11'
	],
	[
		'Strings',
		'text' => 'say "hi"', 'varchar(40)' => 'ab', 'char(5)' => 'ab', '"char"' => 'q', 'name' => 'pg_class',
		'uuid' => 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'json' => '{"b": 1, "a":2}', 'jsonb' => '{"b": 1, "a":2}',
		'xml' => '<a b="c">x</a>', 'inet' => '192.168.2.0/12', 'cidr' => '192.168.100.128/25',
		'macaddr' => '08:00:2b:01:02:03', 'macaddr8' => '08:00:2b:01:02:03:04:05', 'tsvector' => 'a fat cat',
		'refcursor' => 'c', 'citext' => 'CiText', 'ltree' => 'Top.Science', 'isbn' => '0-393-04002-X'
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
		'bytea' => '\xfffe00', 'bit' => '1', 'bit(9)' => '100000001', 'varbit' => '101', 'varbit(5)' => '101'
	],
	[
		'Ranges and multiranges',
		'int4range' => '[1,10)', 'int8range' => '(,10]', 'numrange' => 'empty', 'daterange' => '[2010-01-01,2010-01-03]',
		'tsrange' => '[2010-01-01 14:30,)', 'tstzrange' => '[2010-01-01 14:30+02,)', 'int4multirange' => '{[1,3),[5,7)}',
		'nummultirange' => '{[1.5,2)}'
	],
	[
		'Enums, domains, composites',
		'mood' => 'ok', 'whole' => '7', 'price' => '9.5', 'stamp' => '2016-11-04 13:51:30.123', 'comp' => '(1,hi)'
	],
	[
		'Shapes',
		'point' => '(1,1)', 'lseg' => '[(0,0),(0,1)]', 'box' => '(0,0),(1,1)', 'path' => '((0,0),(0,1))',
		'polygon' => '((0,0),(0,1),(1,1))', 'circle' => '<(10,4),10>', 'line' => '{1,2,3}'
	],
	[
		'Maps and arrays',
		'hstore' => 'a=>1, b=>NULL',
		'boolean[]' => '{t,null}', 'smallint[]' => '{1}', 'integer[]' => '{1,null}', 'bigint[][]' => '{{1,2},{3,4}}',
		'real[]' => '{1.5}', 'double precision[]' => '{NaN}', 'numeric(6,2)[]' => '{1.1,2}', 'numeric[]' => '{1.25}', 'money[]' => '{1.5}',
		'text[]' => '{a,"b c"}', 'varchar(40)[]' => '{a}', 'char(3)[]' => '{a}', 'name[]' => '{a}', 'citext[]' => '{Ci}',
		'uuid[]' => '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', 'json[]' => '{"[1, 2]"}', 'jsonb[]' => '{"[1, 2]"}', 'xml[]' => '{<a/>}',
		'inet[]' => '{10.0.0.1}', 'tsvector[]' => '{a}', 'ltree[]' => '{A.B}', 'isbn[]' => '{0-393-04002-X}', 'hstore[]' => '{a=>1}',
		'date[]' => '{2016-11-04}', 'time[]' => '{13:51:30.123789}', 'timetz[]' => '{13:51:30+02}',
		'timestamp[]' => '{2016-11-04 13:51:30.123456}', 'timestamp(3)[]' => '{2016-11-04 13:51:30.123}',
		'timestamptz[]' => '{2016-11-04 13:51:30+02}', 'interval[]' => '{1 day}',
		'bytea[]' => '{"\\\\xff"}', 'bit(3)[]' => '{101}', 'varbit[]' => '{101}', 'point[]' => '{"(1,1)"}',
		'int4range[]' => '{"[1,2)"}', 'int4multirange[]' => '{"{[1,2)}"}', 'mood[]' => '{ok,sad}', 'price[]' => '{9.5}',
		'comp[]' => '{"(1,x)"}', 'oidvector' => '1 2', 'int2vector' => '1 2'
	],
	[
		'Types without a mapping',
		'tsquery' => 'fat & rat', 'jsonpath' => '$.a', 'pg_lsn' => '16/B374D848', 'xid' => '700', 'xid8' => '700', 'cid' => '7', 'tid' => '(0,1)',
		'pg_snapshot' => '10:20:10,14', 'regclass' => 'pg_class', 'regtype' => 'integer',
		'ean13' => '978-0-393-04002-9', 'issn' => '1436-4522', 'lquery' => 'Top.*', 'ltxtquery' => 'Top & Sci', 'cube' => '(1,2)', 'seg' => '1.5 .. 2.5'
	],
);

# Literals long enough to be TOASTed, where those above are not.
my %long = (
	'numeric' => '1' x 200, 'text' => 'x' x 40, 'varchar(40)' => 'x' x 40, 'xml' => '<a>' . 'x' x 40 . '</a>',
	'json' => '["' . 'x' x 40 . '"]', 'jsonb' => '["' . 'x' x 40 . '"]', 'tsvector' => 'x' x 40, 'refcursor' => 'x' x 40,
	'citext' => 'x' x 40, 'ltree' => 'x' x 40, 'bytea' => '\x' . 'ff' x 40, 'varbit' => '1' x 400,
	'numrange' => '[1,' . '1' x 200 . ')', 'int4multirange' => '{[1,3),[5,7),[9,11)}', 'nummultirange' => '{[1,' . '1' x 200 . ')}',
	'path' => '((0,0),(0,1),(1,1),(2,2))', 'polygon' => '((0,0),(0,1),(1,1))', 'hstore' => 'a=>' . 'x' x 40, 'comp' => '(1,' . 'x' x 40 . ')',
	'jsonpath' => '$.' . 'x' x 40, 'lquery' => 'x' x 40, 'ltxtquery' => 'x' x 40, 'numeric[]' => '{' . '1' x 200 . '}',
	'text[]' => '{' . 'x' x 40 . '}', 'citext[]' => '{' . 'x' x 40 . '}', 'name[]' => '{a}',
);

# Types that the sections need, and where they are.
my @types = (
	(map { "CREATE EXTENSION $_" } qw(citext cube hstore isn ltree seg)),
	"CREATE TYPE mood AS ENUM ('sad', 'ok')",
	'CREATE TYPE comp AS (a int, b text)',
	'CREATE DOMAIN whole AS integer CHECK (VALUE > 0)',
	'CREATE DOMAIN amount AS numeric(6,2)',
	'CREATE DOMAIN price AS amount',
	'CREATE DOMAIN stamp AS timestamp(3)',
);

# Extensions that a server may lack: name, then type and literal.  Without the
# extension, its section stays as it is.
my @extensions = (
	[
		'postgis',
		'geometry' => 'POINT(1 2)', 'geometry(Point,4326)' => 'SRID=4326;POINT(1 2)', 'geography' => 'POINT(1 2)'
	],
);

# The properties that change what a type comes out as, and their values, the
# default first; and what else is set so that all of it shows.
my @modes = (
	{ name => 'decimal.handling.mode', values => [qw(precise string double)] },
	{ name => 'money.fraction.digits', values => [qw(2 0 4)] },
	{
		name => 'time.precision.mode',
		values => [qw(adaptive adaptive_time_microseconds microseconds nanoseconds connect isostring structured)]
	},
	{ name => 'interval.handling.mode', values => [qw(numeric string)] },
	{
		name => 'binary.handling.mode',
		values => [qw(bytes base64 base64-url-safe hex)],
		with => [ 'include.unknown.datatypes', 'true' ]
	},
	{ name => 'hstore.handling.mode', values => [qw(json map)] },
	{ name => 'include.unknown.datatypes', values => [qw(false true)] },
);

my $HEAD = <<'EOP';
# What types come out as

Printed by the plugin itself, from rows of tables with a column of each type; do not edit. The mapping is that of Debezium's
PostgreSQL connector 3.7.0.Final but for the points at the end.

The first tables show the defaults; [modes](#modes) lists, property by property, each type that it changes, and what under each value; what is in no
table of a property is the same under all its values. [Values that an event does not know](#values-that-an-event-does-not-know) has what stands for
those.

A domain is what its base type is: `whole` is one over `integer`, `price` over a domain over `numeric(6,2)`, `stamp` over `timestamp(3)`. An array keeps
the modifier of its elements; arrays have no dimensions, so those of several come out as a null for each row. `mood` is an enum, `comp` a
composite type. The field of a column is `optional` if the column may be null; the shapes other than `point`, PostGIS types and arrays of bits are so in any
case. Where a type is left out, so is the field.
EOP

my $MISSING = <<'EOP';

## Values that an event does not know

Two kinds of values are not in the log when an event is made. What an update leaves in the TOAST table is the **placeholder** in `after`, or null
where a type has no room for it. Of a row before an update or delete, `REPLICA IDENTITY DEFAULT` logs the key alone: the rest of `before` is
null, the column's default under `value.converter.replace.null.with.default`, or where the column is NOT NULL and has no default, a **filler**. The header
`walpost.unavailable` (`walpost.unavailable.header=true`) names all such columns. `-`: not TOASTed, or not with values this short.

EOP

my $TAIL = <<'EOP';

## Types of other extensions

| type | comes out as |
|---|---|
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

# Makes tables with a column of each type, those of extensions that the server has
# among them, and slots of the same names, which have what happens to them since.
# Returns the names; each table has a row, and so has the one called "missing" and
# that name: with long values, and no nulls.
sub types_tables
{
	my ($pg) = @_;
	my @names = ('types');

	$pg->query($_) for @types;
	_make_tables($pg, 'types', map { @$_[ 1 .. $#$_ ] } @sections);
	for my $extension (grep { _has_extension($pg, $_->[0]) } @extensions)
	{
		my ($name, @columns) = @$extension;

		$pg->query("CREATE EXTENSION $name");
		_make_tables($pg, $name, @columns);
		push @names, $name;
	}
	return @names;
}

# Each value of each property that changes what types come out as: lists of options.
sub types_modes
{
	return map { my $mode = $_; map { [ $mode->{name}, $_, @{ $mode->{with} // [] } ] } @{ $mode->{values} } } @modes;
}

# The whole page, printed by a server that has the plugin; $old is the page as
# it was, for sections of extensions that this server lacks.
sub types_page
{
	my ($pg, $old) = @_;
	my @columns = map { @$_[ 1 .. $#$_ ] } @sections;
	my @names = @columns[ grep { $_ % 2 == 0 } 0 .. $#columns ];
	my $page = $HEAD;

	$pg->query($_) for @types;
	_make_tables($pg, 'types', @columns);
	my $shown = sub { _read_row($pg, 'types', @_) };
	my $missing = sub { _read_missing($pg, @_) };

	my $default = $shown->();
	$page .= _section($default, @$_) for @sections;
	$page .= _extension($pg, $old, @$_) for @extensions;
	$page .= "\n## Modes\n" . _modes($shown, [ 'JSON', 'comes out as', 'schema' ], @names);
	my $unknown = $missing->();
	$page .= $MISSING . _table([ 'type', 'placeholder', 'filler' ], _merged(map { $unknown->{$_} ? [ $_, $unknown->{$_} ] : () } @names));
	$page .= _modes($missing, [ 'placeholder', 'filler' ], @names) . $TAIL;
	return $page;
}

# One table of types with an example each.
sub _section
{
	my ($fields, $title, @columns) = @_;
	my @rows;

	while (my ($type, $literal) = splice(@columns, 0, 2))
	{
		push @rows, [ _code($type), _code($literal), @{ $fields->{$type} // [ '', 'left out', '' ] } ];
	}
	return "\n## $title\n\n" . _table([ 'type', 'example', 'JSON', 'comes out as', 'schema' ], @rows);
}

# The section of an extension; that of the old page where it is not to be had.
sub _extension
{
	my ($pg, $old, $name, @columns) = @_;

	if (!_has_extension($pg, $name))
	{
		my ($section) = $old =~ /(\n## Extension $name\n.*?)(?=\n## )/s;

		die "plugin/TYPES.md has no section on $name to be kept\n" unless defined $section;
		return $section;
	}
	$pg->query("CREATE EXTENSION $name");
	_make_tables($pg, $name, @columns);
	return _section(_read_row($pg, $name), "Extension $name", @columns);
}

sub _has_extension
{
	my ($pg, $name) = @_;

	return $pg->query("SELECT count(*) FROM pg_available_extensions WHERE name = '$name'") > 0;
}

# For each property, the types that it changes and what they are under each of
# its values; values and types with the same result share rows.
sub _modes
{
	my ($read, $titles, @names) = @_;
	my $text = '';

	for my $mode (@modes)
	{
		my @with = @{ $mode->{with} // [] };
		my %by_value = map { $_ => $read->($mode->{name}, $_, @with) } @{ $mode->{values} };
		my @blocks = map { _mode_block($_, $mode->{values}, \%by_value, scalar @$titles) } @names;

		next unless @blocks;
		$text .= "\n`$mode->{name}`" . (@with ? ", with `$with[0]=$with[1]`" : '') . ":\n\n"
		  . _table([ 'type', 'value', @$titles ], _merged(@blocks));
	}
	return $text;
}

# A type and the rows that say what it is under each value; nothing where it is
# always the same.
sub _mode_block
{
	my ($type, $values, $by_value, $width) = @_;
	my (%same, @order);

	for my $value (@$values)
	{
		my $fields = $by_value->{$value}{$type} // [ ('') x ($width - 2), 'left out', '' ];
		my $result = join("\t", @$fields);

		push @order, $result unless $same{$result};
		push @{ $same{$result} }, $value;
	}
	return if @order < 2;
	return [ $type, map { [ join(', ', map { _code($_) } @{ $same{$_} }), split(/\t/, $_, -1) ] } @order ];
}

# Blocks (a type and its rows) as rows that begin with all types that have them.
sub _merged
{
	my (@blocks) = @_;
	my (%types, @order, @rows);

	for my $block (@blocks)
	{
		my ($type, @block_rows) = @$block;
		my $text = join("\n", map { join("\t", @$_) } @block_rows);

		push @order, $text unless $types{$text};
		push @{ $types{$text} }, _code($type);
	}
	for my $text (@order)
	{
		push @rows, map { [ join(', ', @{ $types{$text} }), split(/\t/, $_, -1) ] } split(/\n/, $text);
	}
	return @rows;
}

# A table in Markdown.
sub _table
{
	my ($titles, @rows) = @_;

	return join('', map { '| ' . join(' | ', @$_) . " |\n" } $titles, [ map { '---' } @$titles ], @rows);
}

# Markdown for a piece of code within a table; nothing for nothing.
sub _code
{
	my ($text) = @_;

	$text =~ s/\|/\\|/g;
	return $text =~ /`/ ? "`` $text ``" : "`$text`";
}

# Makes two tables with a column of each type, its name the type's, and a slot
# with what happens to them: the examples inserted into one, and in the other,
# whose columns are NOT NULL, longer values that are not touched by an update
# and then deleted, and once more, to stay.
sub _make_tables
{
	my ($pg, $name, @pairs) = @_;
	my (@columns, @examples, @values);

	while (my ($type, $literal) = splice(@pairs, 0, 2))
	{
		push @columns, '"' . ($type =~ s/"/""/gr) . "\" $type";
		push @examples, _quoted($literal);
		push @values, _quoted($long{$type} // ($type =~ /\[\]$/ ? _longer($literal) : $literal));
	}
	$pg->query(<<"EOQ");
CREATE TABLE "$name" (@{[ join(', ', @columns) ]});
CREATE TABLE "missing $name" (id int PRIMARY KEY, v int, @{[ join(', ', map { "$_ NOT NULL" } @columns) ]}) WITH (toast_tuple_target = 128);
DO \$\$
BEGIN
	EXECUTE (SELECT 'ALTER TABLE "missing $name" ' || string_agg(format('ALTER %I SET STORAGE external', attname), ', ')
		FROM pg_attribute WHERE attrelid = '"missing $name"'::regclass AND attnum > 0 AND attstorage <> 'p');
END
\$\$;
SELECT pg_create_logical_replication_slot('$name', 'walpost');
INSERT INTO "$name" VALUES (@{[ join(', ', @examples) ]});
INSERT INTO "missing $name" VALUES (1, 1, @{[ join(', ', @values) ]});
UPDATE "missing $name" SET v = 2;
DELETE FROM "missing $name";
INSERT INTO "missing $name" VALUES (2, 1, @{[ join(', ', @values) ]});
EOQ
	return;
}

# An array's literal with its elements many times over.
sub _longer
{
	my ($literal) = @_;
	my ($elements) = $literal =~ /^\{(.*)\}$/s;

	return '{' . join(',', ($elements) x 12) . '}';
}

sub _quoted
{
	return "'" . ($_[0] =~ s/'/''/gr) . "'";
}

# The events of a kind from that slot, as a sub-select.
sub _events
{
	my ($slot, $table, @options) = @_;
	my $options = join(', ', map { _quoted($_) } 'topic.prefix', 't', 'tombstones.on.delete', 'false',
		'value.converter.schemas.enable', 'true', 'walpost.unavailable.header', 'true', @options);

	return "SELECT data::json AS e FROM pg_logical_slot_peek_changes('$slot', NULL, NULL, $options) "
	  . "WHERE data::json #>> '{value,payload,source,table}' = '$table'";
}

# What becomes of the examples: {type => [JSON, value, schema]}.
sub _read_row
{
	my ($pg, $name, @options) = @_;

	return _fields($pg->query(<<"EOQ"));
WITH event AS (@{[ _events($name, $name, @options) ]}),
field AS (
  SELECT f, e #> '{value,payload,after}' -> (f ->> 'field') AS value
  FROM event, json_array_elements(e #> '{value,schema,fields,0,fields}') AS f)
SELECT concat_ws(E'\\t', f ->> 'field', json_typeof(value), '`' || replace(value::text, '|', '\\|') || '`',
  (f ->> 'type') || coalesce(' of ' || (f -> 'items' ->> 'type'), '') || coalesce(', `' || (f ->> 'name') || '`', '')
    || coalesce(', of `' || (f -> 'items' ->> 'name') || '`', '')
    || coalesce((SELECT string_agg(', ' || p.key || ' `' || p.value || '`', '') FROM json_each_text(f -> 'parameters') AS p), ''))
FROM field
EOQ
}

# What stands for values that are not there: {type => [placeholder, filler]}.
sub _read_missing
{
	my ($pg, @options) = @_;

	return _fields($pg->query(<<"EOQ"));
WITH event AS (@{[ _events('types', 'missing types', @options) ]}),
u AS (SELECT e FROM event WHERE e #>> '{value,payload,op}' = 'u'),
d AS (SELECT e FROM event WHERE e #>> '{value,payload,op}' = 'd')
SELECT concat_ws(E'\\t', f.key,
  CASE WHEN (u.e #>> '{headers,walpost.unavailable}')::jsonb -> 'after' ? f.key
    THEN '`' || (u.e #> '{value,payload,after}' -> f.key)::text || '`' ELSE '-' END,
  '`' || f.value || '`')
FROM u, d, json_each(d.e #> '{value,payload,before}') AS f
WHERE f.key NOT IN ('id', 'v')
EOQ
}

# Lines of a name and its texts.
sub _fields
{
	my %fields;

	for my $row (split /\n/, $_[0])
	{
		my ($type, @texts) = split /\t/, $row, -1;

		$fields{$type} = \@texts;
	}
	return \%fields;
}

1;
