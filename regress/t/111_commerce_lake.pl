# A commerce database becomes files and a history (pipelines/commerce) on "walpost
# connect": both editions of its source connector, flattened rows for Parquet and
# envelopes for JSON files, and the SQL that builds the history.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Walpost::Pipeline;
use Walpost::Test;

my $json = JSON::PP->new->utf8;

# One edition has a broker and a server of its own, since both have the same topics.
sub edition
{
	my $pipe = Walpost::Pipeline->new(name => 'commerce', db => ['postgres']);

	$pipe->pg->query(q{CREATE ROLE cdc_user SUPERUSER LOGIN PASSWORD 'cdc_password'});
	$pipe->pg->query('CREATE DATABASE commerce_db OWNER cdc_user');
	$pipe->set_environment(PGUSER => 'cdc_user', PGPASSWORD => 'cdc_password', PGDATABASE => 'commerce_db',
		KAFKA_JARS => top_dir() . '/build/kafka/jars');
	$pipe->sql_file('schema.sql', 'commerce_db');
	return $pipe;
}

# Runs a program of the folder; returns what it prints.
sub run
{
	my ($pipe, @command) = @_;
	my ($status, $out, $err) = $pipe->run(@command);

	die "@command failed: $err" if $status != 0;
	return $out;
}

# Registers a file with the script, which waits for the worker; status and answer.
sub register
{
	my ($pipe, $file) = @_;
	my ($status, $out, $err) = $pipe->run('register.sh', $pipe->file($file));

	return (($err =~ /^HTTP (\d+)$/mg)[-1], $json->decode($out =~ s/\A[^{]*//r));
}

# Records as Structs: a file for the other programs, and their number.
sub structs
{
	my ($pipe, $topic) = @_;
	my $text = run($pipe, 'structs.sh', $topic);

	return (spit($pipe->file("$topic.structs"), $text), scalar(() = $text =~ /\t/g), $text);
}

# ---- the page's edition: flattened
my $pipe = edition();
my ($pg, $kafka, $worker) = ($pipe->pg, $pipe->kafka, $pipe->worker);
my %done = %{ $json->decode(run($pipe, 'load.py', 20)) };

$worker->start;
my ($code, $answer) = register($pipe, 'postgres-source.json');
is($code, 201, 'flattened: the wait loop, and 201') or diag $answer->{message};
($code, $answer) = register($pipe, 'postgres-source.json');
is_deeply([ $code, $answer->{message} ], [ 409, 'Connector postgres-commerce-cdc already exists' ], 'flattened: 409 the second time');
$worker->wait_task('postgres-commerce-cdc', 'RUNNING');
wait_until('the slot', sub { $pg->slot('commerce_slot', 'active') eq 't' });
is($pg->query(q{SELECT puballtables FROM pg_publication WHERE pubname = 'commerce_pub'}, 'commerce_db'), 't',
	'flattened: the publication is made, FOR ALL TABLES');
is(scalar(() = $worker->log =~ /warn .*$_/g), 1, "one warning: $_")
  for qw(database\.server\.name VALUE_CONVERTER_SCHEMAS_ENABLE);
$pg->query('CREATE TABLE commerce.other (id int PRIMARY KEY); INSERT INTO commerce.other VALUES (1)', 'commerce_db');
my %more = %{ $json->decode(run($pipe, 'load.py', 300, 100)) };
my $here = $pg->query('SELECT count(*) FROM commerce.products WHERE id < 100', 'commerce_db');
my $records = $here + $more{c} + $more{u} + $more{d};
$kafka->wait_count("cdc.commerce.$_", $records) for qw(products users);
my %topics = $kafka->topics;
is_deeply([ sort grep { /^cdc/ } keys %topics ], [qw(cdc.commerce.products cdc.commerce.users)], 'flattened: two topics');
is(scalar(grep { $_ < 0 } $kafka->read_sizes('cdc.commerce.products')), 0, 'flattened: no null value');
my ($file, $count, $text) = structs($pipe, 'cdc.commerce.products');
is($count, $records, "flattened: Kafka's JsonConverter makes a Struct of each");
like($text, qr/\Acdc\.commerce\.products\.Value\(id INT32 NOT NULL, name STRING NOT NULL, description STRING, price FLOAT32 NOT NULL, __deleted STRING\)\t/,
	'flattened: of these types');
is(run($pipe, 'parquet.py', $file, $pipe->file('products.parquet')),
	"['id', 'name', 'description', 'price', '__deleted']\n"
	  . "[('false', " . ($here + $more{c} + $more{u}) . "), ('true', $more{d})]\n",
	'flattened: Parquet has the five columns, and a row for each operation');
my ($gone) = grep { $_->{__deleted} eq 'true' } map { $json->decode((split /\t/)[1]) } split /\n/, $text;
ok(!(grep { !defined $gone->{$_} } qw(id name price)), 'flattened: a deleted row has all its columns');
is((structs($pipe, 'cdc.commerce.users'))[1], $records, 'flattened: users, too');

# ---- one more line, and the page's own history works
($code, my $config) = $worker->call('GET', '/connectors/postgres-commerce-cdc/config');
is(($worker->call('PUT', '/connectors/history/config',
		{ %$config, name => 'history', 'topic.prefix' => 'history', 'slot.name' => 'history', 'transforms.unwrap.add.fields' => 'op,ts_ms,lsn' }))[0],
	201, 'add.fields: registered');
wait_until('the slot', sub { $pg->slot('history', 'active') eq 't' });
$here = $pg->query('SELECT count(*) FROM commerce.products', 'commerce_db');
%more = %{ $json->decode(run($pipe, 'load.py', 100, 1000)) };
$kafka->wait_count('history.commerce.products', $here + $more{c} + $more{u} + $more{d});
($file, $count, $text) = structs($pipe, 'history.commerce.products');
like($text, qr/__deleted STRING, __op STRING, __ts_ms INT64, __lsn INT64\)/, 'add.fields: behind __deleted');
my $present = $pg->query('SELECT count(*) FROM commerce.products', 'commerce_db');
is(run($pipe, 'scd2_page.py', $file),
	"versions: [('c', $more{c}), ('d', $more{d}), ('r', $here), ('u', $more{u})]\ncurrent: $present\n", "add.fields: the page's history");

# ---- the sink on the same worker
($code, $answer) = register($pipe, 's3-sink.json');
is($code, 400, 'the S3 sink: 400');
like($answer->{message}, qr/io\.confluent\.connect\.s3\.S3SinkConnector/, 'with its class');
is($worker->stop, 0, 'flattened: the end');
$_->stop for $kafka, $pg;

# ---- the files' edition: envelopes
$pipe = edition();
($pg, $kafka, $worker) = ($pipe->pg, $pipe->kafka, $pipe->worker);
$worker->start;
is((register($pipe, 'cdc-postgres-source.json'))[0], 201, 'envelopes: 201');
($code, $answer) = register($pipe, 'cdc-postgres-source.json');
is_deeply([ $code, $answer->{message} ], [ 409, 'Connector cdc-postgres-source already exists' ], 'envelopes: 409 the second time');
wait_until('the slot', sub { $pg->slot('cdc_slot', 'active') eq 't' });
my ($sink, $log) = $pipe->begin('json_sink.py', 'cdc.commerce.products', $pipe->file('bucket'));
my %all = (c => 0, u => 0, d => 0);
for my $first (1, 1000, 2000)
{
	my ($load, $said) = $pipe->begin('load.py', 150, $first);

	wait_until('changes', sub { $pg->query("SELECT count(*) FROM commerce.products WHERE id > $first + 20", 'commerce_db') > 0 });

	# a kill -9 may repeat changes, which this SQL does not know
	if ($first == 1000)
	{
		$worker->stop;
		$worker->start;
		$worker->wait_ready;
	}
	$worker->call('POST', '/connectors/cdc-postgres-source/restart?includeTasks=true') if $first == 2000;
	wait_exit($load);
	my $done = $json->decode((slurp($said) =~ /^(\{.*\})$/m)[0]);
	$all{$_} += $done->{$_} for keys %all;
}
$pg->wait_confirmed('cdc_slot');
my @values = map { $_->{value} } $kafka->read_topic('cdc.commerce.products');
is(scalar(grep { !defined $_ } @values), 0, 'envelopes: no null value');
is((structs($pipe, 'cdc.commerce.products'))[1], scalar @values, "envelopes: Kafka's JsonConverter makes a Struct of each");

# files hold three records; a few more rows fill the last one
my $rest = (3 - @values % 3) % 3;
$pg->query("INSERT INTO commerce.products SELECT i, 'last', NULL, 1 FROM generate_series(9001, 9000 + $rest) i", 'commerce_db') if $rest;
$all{c} += $rest;
wait_until('the files', sub { ((slurp($log) =~ /^(\d+)$/mg)[-1] // 0) >= @values + $rest - 1 });
my %kinds;
$kinds{ $_->{op} }++ for map { $json->decode($_->{value})->{payload} } $kafka->read_topic('cdc.commerce.products');
is_deeply(\%kinds, \%all, 'envelopes: an event for each operation, across restarts of worker and connector');
my $history = run($pipe, 'scd2.py', $pipe->file('bucket'));
like($history, qr/^wrong: \[\]$/m, 'history: no overlap, and the LSN rises within an id');
like($history, qr/^versions: \[\('c', $all{c}\), \('d', $all{d}\), \('u', $all{u}\)\]$/m, 'history: a version for each change');
like($history, qr/^current: ${\ $pg->query('SELECT count(*) FROM commerce.products', 'commerce_db') }$/m, 'history: current is what the table holds');
is($pipe->end($sink), 0, 'the sink met no null');
is($worker->stop, 0, 'envelopes: the end');

done_testing();
