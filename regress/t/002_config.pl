# Connector files: their forms, precedence, references, checks and refusals, as
# "walpost config" shows them.  Needs neither a server nor a broker.

use strict;
use warnings;

use Test::More;
use Walpost::Shipper;
use Walpost::Test;

my $dir = scratch_dir();
my $n = 0;

delete @ENV{ grep { /^(CONNECT_|BOOTSTRAP_SERVERS|(KEY|VALUE)_CONVERTER)/ } keys %ENV };

my $minimal = <<'END';
topic.prefix=shop
database.hostname=localhost
database.user=ship
database.dbname=shop
END

sub file
{
	my ($text) = @_;

	return spit("$dir/connector" . ++$n, $text);
}

# "walpost config" on a file of this content; the values and origins by name,
# then exit status and errors.
sub config
{
	my ($text, @args) = @_;
	my ($status, $out, $err) = Walpost::Shipper::command('config', @args, file($text));
	my (%value, %origin);

	for my $line (split /\n/, $out)
	{
		my ($name, $value, $origin) = $line =~ /^(\S+) = (.*)  \((.*)\)$/ or next;
		$value{$name} = $value;
		$origin{$name} = $origin;
	}
	return { value => \%value, origin => \%origin, status => $status, err => $err, out => $out };
}

# A file with one line more than the least is refused: exit status 2, one line.
sub refused
{
	my ($lines, $pattern, $name) = @_;
	my $result = config("$minimal$lines\n");

	is($result->{status}, 2, "$name: exit status");
	is($result->{out}, '', "$name: no output");
	like((grep { !/ warn / } split /\n/, $result->{err})[0], qr/\Awalpost: $pattern/, "$name: why");
	is((grep { !/ warn / } split /\n/, $result->{err}), 1, "$name: one line");
	return;
}

# One with a line more works, with (pattern) or without (undef) a warning.
sub accepted
{
	my ($lines, $pattern, $name) = @_;
	my $result = config("$minimal$lines\n");

	is($result->{status}, 0, "$name: exit status") or diag($result->{err});
	defined $pattern
	  ? like($result->{err}, qr/ warn .*$pattern/, "$name: warning")
	  : is($result->{err}, '', "$name: no warning");
	return $result;
}

# ---- forms
my $json = <<'END';
{ "topic.prefix": "shop", "database.hostname": "localhost", "database.user": "ship",
  "database.dbname": "shop", "database.port": 6543, "tombstones.on.delete": false,
  "table.include.list": "public\\.a,public\\.\u00e4", "slot.name": null }
END
for my $form ([ flat => $json ], [ wrapped => qq({"name": "outer", "config": $json}) ],
	[ 'with a byte order mark' => "\xEF\xBB\xBF$json" ])
{
	my ($name, $text) = @$form;
	my $result = config($text);

	is($result->{status}, 0, "JSON, $name: exit status") or diag($result->{err});
	is($result->{err}, '', "JSON, $name: no warnings");
	is($result->{value}{'database.port'}, '6543', "JSON, $name: a number");
	is($result->{value}{'tombstones.on.delete'}, 'false', "JSON, $name: a boolean");
	is($result->{value}{'table.include.list'}, "public\\.a,public\\.\xc3\xa4", "JSON, $name: a text");
	is($result->{value}{'slot.name'}, 'debezium', "JSON, $name: null is not set");
	is($result->{value}{name}, $name eq 'wrapped' ? 'outer' : 'shop', "JSON, $name: name");
}

my $result = config(<<'END');
# a comment
! another
topic.prefix : shop
database.hostname  localhost
database.user=sh\
    ip
   database.dbname = sh\u006fp
database.password = a\:b\=c\\d
table.include.list = public\\.a, \
	public\\.b
unavailable.value.placeholder = \u00e4\ud83d\ude00\t.
END
is($result->{status}, 0, '.properties: exit status') or diag($result->{err});
is($result->{value}{'topic.prefix'}, 'shop', '.properties: colon');
is($result->{value}{'database.hostname'}, 'localhost', '.properties: blank');
is($result->{value}{'database.user'}, 'ship', '.properties: continued line');
is($result->{value}{'database.dbname'}, 'shop', '.properties: \u');
is($result->{value}{'table.include.list'}, 'public\.a, public\.b', '.properties: escapes');
is($result->{value}{'unavailable.value.placeholder'},
	"\xc3\xa4\xf0\x9f\x98\x80\t.", '.properties: surrogates');
is(config("${minimal}slot.name=\xe4")->{status}, 2, '.properties: Latin-1 is read');

# ---- broken files
for my $broken (
	[ '{ "a": 1, }', 'line 1, column 11: .*valid JSON', 'JSON that is none' ],
	[ qq({\n"a": 1 // x\n}), 'line 2, column 8: .*without comments', 'JSON with a comment' ],
	[ '{"a": {"b": 1}}', 'property "a" is an object; give a string', 'an object as a value' ],
	[ '{"a": ["b"]}', 'property "a" is an array; give a string', 'an array as a value' ],
	[ '{"name": "a", "config": {"name": "b"}}', '"name" is "a" outside and "b" inside', 'two names' ],
	[ " \n", 'is empty', 'an empty file' ],
	[ "a=1\nb=\\u12\n", 'line 2: malformed', 'half an escape' ],
	[ "a=\0", 'zero byte', 'a zero byte' ],
	[ 'a=' . 'x' x 2_000_000, 'larger than', 'a huge file' ])
{
	my ($text, $pattern, $name) = @$broken;
	my $outcome = config($text);

	is($outcome->{status}, 2, "$name: exit status");
	like($outcome->{err}, qr/\Awalpost: .*connector file ".*$pattern.*\n\z/, "$name: one line");
}

my ($status, $out, $err) = Walpost::Shipper::command('config', "$dir/nowhere");
is($status, 2, 'no file: exit status');
is($err,
	"walpost: could not read connector file \"$dir/nowhere\": No such file or directory; "
	  . "give the path of a file that this user may read\n",
	'no file');
($status, $out, $err) = Walpost::Shipper::command('config', $dir);
is($status, 2, 'a folder: exit status');
like($err, qr/could not read connector file ".*": Is a directory/, 'a folder');

# ---- what is required, and what follows
for my $name (qw(topic.prefix database.hostname database.user database.dbname))
{
	my $outcome = config($minimal =~ s/^\Q$name\E=.*\n//mr);

	is($outcome->{status}, 2, "without $name: exit status");
	like($outcome->{err}, qr/\Awalpost: property "\Q$name\E" is missing; add it/, "without $name");
}
$result = accepted('', undef, 'the least');
is($result->{value}{name}, 'shop', 'the name is the topic prefix');
is($result->{origin}{'database.user'} =~ s{.*/}{}r, "connector$n", 'origin: the file');
is($result->{origin}{'slot.name'}, 'default', 'origin: the default');
is($result->{value}{'value.converter.schemas.enable'}, 'true', 'schemas are on, as in Connect');

# ---- unknown names and names without effect
accepted('table.include.lists=x',
	'unknown property "table.include.lists" \(.*\) has no effect; did you mean "table.include.list"\?',
	'a misspelt name');
accepted('Slot.Name=x', 'did you mean "slot.name"', 'a name in the wrong case');
accepted('quite.something.else.entirely=x', 'unknown property "quite.something.else.entirely"', 'a name like no other');
accepted('poll.interval.ms=100', 'property "poll.interval.ms" has no effect: ', 'a name without effect');
accepted('poll.interval.ms=500', undef, 'the same at its default');
accepted('heartbeat.interval.ms=5000', undef, 'heartbeats');
accepted('include.schema.changes=false', undef, 'no schema changes');
accepted('schema.history.internal.kafka.topic=x', 'catalog is the schema history', 'another connector\'s history');

# ---- older names and values
$result = accepted('table.whitelist=public.a', '"table.whitelist" is an older name of "table.include.list"; rename it', 'an older name');
is($result->{value}{'table.include.list'}, 'public.a', 'an older name: works');
$result = accepted("table.whitelist=public.a\ntable.include.list=public.b", 'has no effect beside it', 'both names');
is($result->{value}{'table.include.list'}, 'public.b', 'both names: the present one counts');
accepted('database.server.name=x', '"database.server.name" is an older name of "topic.prefix" and has no effect beside it', 'database.server.name');
$result = accepted('snapshot.mode=Schema_Only', 'value "schema_only" of property "snapshot.mode" is an older name of "no_data"', 'an older value');
is($result->{value}{'snapshot.mode'}, 'no_data', 'an older value: works');

# ---- bad values
refused('database.port=0', 'bad value "0" for property "database\.port" \(.*\); it takes an integer from 1 to 65535', 'port 0');
refused('database.port=54x', 'bad value "54x" for property "database\.port"', 'a port that is no number');
refused('status.update.interval.ms=-1', 'bad value "-1" .*; it takes an integer from 1 on', 'a negative interval');
refused('tombstones.on.delete=yes', 'bad value "yes" .*; it takes true or false', 'no boolean');
refused('decimal.handling.mode=exact', 'bad value "exact" .*; it takes one of string, double, precise', 'no such mode');
refused('slot.name=My-Slot', 'bad value "My-Slot" for property "slot\.name"; it takes lower-case', 'a slot name');
refused('topic.delimiter=/', 'bad value "/" for property "topic\.delimiter"', 'a delimiter');
refused('skipped.operations=x', 'bad value "x" for property "skipped\.operations"', 'an operation');
refused('unavailable.value.placeholder=hex:abc', 'bad value "hex:abc" ', 'half a byte');
refused('message.key.columns=public.a', 'bad value "public\.a" for property "message\.key\.columns"', 'key columns without columns');
refused('table.include.list=public.(a', 'bad regular expression "public\.\(a" in property "table\.include\.list", at byte 10', 'a pattern');
refused('table.include.list=[a[b]]', 'bad regular expression .* a character class within a class', 'a pattern of Java\'s');
refused("table.include.list=a\ntable.exclude.list=b", 'properties "table\.include\.list" and "table\.exclude\.list" exclude each other', 'include and exclude');
refused('database.sslrootcert=/nowhere', 'bad value "/nowhere" for property "database\.sslrootcert"; it takes a file', 'a certificate that is not there');
refused('replica.identity.autoset.values=public.a:SOME', 'bad value "public\.a:SOME"', 'a replica identity');
$result = accepted("decimal.handling.mode= DOUBLE \ndatabase.port = 99 ", undef, 'case and blanks');
is($result->{value}{'decimal.handling.mode'}, 'double', 'case and blanks do not matter');
is($result->{value}{'database.port'}, '99', 'nor around numbers');
$result = accepted("slot.name=\ntable.include.list=", undef, 'empty values');
is($result->{value}{'slot.name'}, '', 'empty is as good as not set');

# ---- what would change or protect data is refused, its harmless value is not
refused('column.mask.by.5.chars=public.a.b', 'property "column\.mask\.by\.5\.chars" = "public\.a\.b" \(.*\) is not supported: it is no mask', 'a mask that is none');
refused('column.mask.SHA-256.with.salt.pepper=public.a.b', 'property "column\.mask\.SHA-256" = .*not supported', 'a hash that is none, without its salt');
refused('column.truncate.at.5.chars=public.a.b', '.*not supported', 'truncation that is none');
refused('topic.naming.strategy=com.example.MyTopicNamingStrategy', 'value .*MyTopicNamingStrategy" .*not supported: it names a Java class.*topic\.regex', 'a naming of topics of one\'s own');
my $regex_naming = 'topic.naming.strategy=io.debezium.schema.SchemaRegexTopicNamingStrategy';
refused($regex_naming, 'property "topic\.regex" is missing; "topic\.naming\.strategy"=.*SchemaRegex', 'a naming by an expression without one');
refused("$regex_naming\ntopic.regex=(.*)", 'property "topic\.replacement" is missing', 'an expression without a replacement');
refused("$regex_naming\ntopic.regex=(\ntopic.replacement=a", 'bad value "\(" for property "topic\.regex"; it takes a regular expression: ', 'an expression that is none');
refused("$regex_naming\ntopic.regex=a\ntopic.replacement=a\ntopic.key.field.regex=b", 'property "topic\.key\.field\.replacement" is missing', 'the same of the key\'s field');
accepted("$regex_naming\ntopic.regex=(.*),{1,2}\ntopic.replacement=\$1", undef, 'an expression with a comma');
$result = accepted('slot.stream.params=origin=NONE; proto_version=2', '"proto_version" in property "slot\.stream\.params" has no effect: walpost\'s plugin has a protocol', 'options of pgoutput');
is($result->{value}{'walpost.origin'}, 'none', 'origin is a property here');
is($result->{origin}{'walpost.origin'}, 'slot.stream.params', 'that says where it comes from');
accepted('slot.stream.params=origin', '"origin" in property "slot\.stream\.params" has no effect: it takes name=value', 'half an option');
refused('slot.stream.params=add-tables=public.a', 'property "slot\.stream\.params" has an option "add-tables", which walpost\'s plugin does not know; remove it', 'an option of another plugin');
refused("slot.stream.params=origin=none\nwalpost.origin=any", 'property "slot\.stream\.params" says origin=none, and property "walpost\.origin" says any', 'two origins');
refused('slot.stream.params=origin=other', 'bad value "other" for property "walpost\.origin" \(slot\.stream\.params\); it takes one of any, none', 'an origin that is none');
accepted("header.converter=JsonConverter\nheader.converter.schemas.enable=false", undef, 'headers as JSON');
refused('header.converter=x.Converter', 'value "x\.Converter" of property "header\.converter" .*not supported: this release has SimpleHeaderConverter', 'a converter of headers of one\'s own');
accepted("value.converter=BinaryDataConverter\nvalue.converter.delegate.converter.type=org.apache.kafka.connect.json.JsonConverter\nvalue.converter.delegate.converter.type.decimal.format=NUMERIC", undef, 'a delegate\'s decimals');
refused("transforms=a\ntransforms.a.type=x.Y", 'value "x\.Y" of property "transforms\.a\.type" is not supported: these classes work: ExtractNewRecordState, ', 'a transform');
refused("transforms=a, b\ntransforms.a.type=RegexRouter", 'property "transforms\.b\.type" is missing; property "transforms" names "b"', 'a transform without a class');
refused('post.processors=a', 'property "post\.processors\.a\.type" is missing; property "post\.processors" names "a"', 'a post-processor without a class');
refused("post.processors=a\na.type=x.Y", 'value "x\.Y" of property "post\.processors\.a\.type" is not supported: the one post-processor that works is io\.debezium', 'a post-processor of one\'s own');
refused("post.processors=a,b\na.type=ReselectColumnsPostProcessor\nb.type=ReselectColumnsPostProcessor", '.*it takes one name', 'two post-processors');
refused("post.processors=a\na.type=ReselectColumnsPostProcessor\na.reselect.null.values=perhaps", 'bad value "perhaps" for property "post\.processors\.a\.reselect\.null\.values"; it takes true or false', 'a switch of it');
refused("post.processors=a\na.type=ReselectColumnsPostProcessor\na.reselect.error.handling.mode=ignore", 'bad value "ignore" .*; it takes fail or warn', 'a mode of it');
$result = accepted("post.processors=a\na.type=ReselectColumnsPostProcessor\na.reselect.null.values=false\npost.processors.a.type=io.debezium.processors.reselect.ReselectColumnsPostProcessor\npost.processors.a.reselect.nulls=1",
	'property "a\.(?:type|reselect\.null\.values)" has no effect beside "post\.processors\.a\.\*"', 'one under both conventions');
is($result->{value}{'post.processors.a.type'}, 'io.debezium.processors.reselect.ReselectColumnsPostProcessor', 'the newer one counts');
like($result->{err}, qr/unknown property "post\.processors\.a\.reselect\.nulls" .*no option of ReselectColumnsPostProcessor/, 'what is no option is named');
refused("predicates=p\npredicates.p.type=Other", 'value "Other" of property "predicates\.p\.type" is not supported: these classes work: .*TopicNameMatches, ', 'a predicate');
accepted('signal.data.collection="Public"."my signals"', undef, 'a table of signals');
refused('signal.data.collection=signals', 'bad value "signals" for property "signal\.data\.collection"; it takes the name of a table: schema\.table', 'a table without its schema');
refused('signal.enabled.channels=source, pigeon', 'bad value "source, pigeon" for property "signal\.enabled\.channels"; it takes source, kafka, file', 'a channel that is none');
accepted('signal.enabled.channels=source,jmx', 'channel "jmx" of property "signal\.enabled\.channels" has no effect', 'a channel of Java\'s');
refused('notification.enabled.channels=log,http', 'channel "http" of property "notification\.enabled\.channels" is not supported: take sink', 'a channel of Debezium\'s');
refused('notification.enabled.channels=sink', 'property "notification\.sink\.topic\.name" is missing', 'notifications without their topic');
refused('snapshot.mode=custom', 'value "custom" of property "snapshot\.mode" \(.*\) is not supported: it names a Java class; configuration_based', 'snapshots of one\'s own');
refused('snapshot.query.mode=custom', '.*not supported: it names a Java class', 'queries of one\'s own');
accepted('snapshot.isolation.mode=read_committed', 'property "snapshot.isolation.mode" has no effect: all rows .* of one moment', 'an isolation level');
accepted('errors.tolerance=all', undef, 'tolerance');
accepted('exactly.once.support=required', undef, 'exactly once');
refused('errors.deadletterqueue.topic.name=a b', 'bad value "a b" for property "errors\.deadletterqueue\.topic\.name"; it takes letters', 'a topic that is none');
refused('value.converter=io.confluent.connect.avro.AvroConverter', 'value "io\.confluent\.connect\.avro\.AvroConverter" of property "value\.converter" \(.*\) is not supported: this release has JsonConverter, .*Avro and Protobuf are not', 'Avro');
refused('key.converter=org.apache.kafka.connect.converters.LongConverter', '.*this release has JsonConverter, StringConverter', 'numbers');
refused('connector.class=io.debezium.connector.mysql.MySqlConnector', 'value .*MySqlConnector" of property "connector\.class"', 'another connector');
refused('value.converter.decimal.format=PLAIN', 'bad value "PLAIN" .*; it takes one of BASE64, NUMERIC', 'a decimal format');
accepted($_, undef, $_)
  for 'provide.transaction.metadata=true', 'skip.messages.without.change=true',
  'column.mask.with.5.chars=public.a.b', 'column.truncate.to.5.chars=public.a.b',
  'column.mask.hash.v2.SHA-256.with.salt.pepper=public.a.b', 'provide.transaction.metadata=false', 'exactly.once.support=requested',
  'errors.tolerance=none', 'skip.messages.without.change=false', 'transforms=',
  "transforms=a\ntransforms.a.type=org.apache.kafka.connect.transforms.InsertField\$Value\npredicates=p\npredicates.p.type=RecordIsTombstone",
  "value.converter=JsonConverter\nvalue.converter.decimal.format=numeric", 'column.mask.with.5.chars=',
  'connector.class=PostgresConnector', 'plugin.name=decoderbufs', 'flush.lsn.source=true', 'flush.lsn.source=false', 'lsn.flush.mode=manual',
  'topic.naming.strategy=io.debezium.schema.SchemaTopicNamingStrategy';

# ---- worker file and environment
my $worker = spit("$dir/worker.properties", <<'END');
bootstrap.servers=worker:9092
key.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=false
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
producer.compression.type=zstd
group.id=1
config.storage.topic=c
END
$result = config($minimal, '--worker', $worker);
is($result->{err}, '', 'a worker file: no warnings');
is($result->{value}{'bootstrap.servers'}, 'worker:9092', 'a worker file: brokers');
is($result->{origin}{'bootstrap.servers'}, $worker, 'a worker file: origin');
is($result->{value}{'value.converter.schemas.enable'}, 'false', 'a worker file: converter');
is($result->{value}{'producer.override.compression.type'}, 'zstd', 'a worker file: producer');
ok(!exists $result->{value}{'group.id'}, 'a worker file: what is its own stays out');

$result = config("${minimal}value.converter=JsonConverter\n", '--worker', $worker);
is($result->{value}{'value.converter.schemas.enable'}, 'true', 'a converter of its own has no settings of the worker');
is($result->{value}{'key.converter.schemas.enable'}, 'false', 'the other one has them');
$result = config("${minimal}value.converter.schemas.enable=true\n", '--worker', $worker);
is($result->{value}{'value.converter.schemas.enable'}, 'false', 'settings without a converter do not reach the worker\'s');
like($result->{err}, qr/"value.converter.schemas.enable" has no effect, as in Kafka Connect/, 'and that is said');
accepted('value.converter.schemas.enable=false', 'a Kafka Connect worker would ignore them', 'settings without any converter');

{
	local @ENV{ 'BOOTSTRAP_SERVERS', 'CONNECT_VALUE_CONVERTER_SCHEMAS_ENABLE', 'KEY_CONVERTER_SCHEMAS_ENABLE',
		'CONNECT_PRODUCER_LINGER_MS' } = ('env:9092', 'false', 'false', '7');

	$result = config($minimal, '--worker', $worker);
	is($result->{value}{'bootstrap.servers'}, 'env:9092', 'the environment wins over the worker file');
	is($result->{origin}{'bootstrap.servers'}, 'environment', 'origin: the environment');
	is($result->{value}{'producer.override.linger.ms'}, '7', 'CONNECT_PRODUCER_*');
	like($result->{err}, qr/KEY_CONVERTER_SCHEMAS_ENABLE is ignored, as in Kafka Connect; did you mean CONNECT_KEY_CONVERTER_SCHEMAS_ENABLE\?/,
		'a variable without CONNECT_');
	$result = config("${minimal}bootstrap.servers=file:9092\nproducer.override.linger.ms=3", '--worker', $worker);
	is($result->{value}{'bootstrap.servers'}, 'file:9092', 'the connector file wins over both');
	is($result->{value}{'producer.override.linger.ms'}, '3', 'also over the worker\'s producer');
	$result = config($minimal);
	is($result->{value}{'value.converter.schemas.enable'}, 'false', 'CONNECT_VALUE_CONVERTER_SCHEMAS_ENABLE');
	is($result->{value}{'key.converter.schemas.enable'}, 'true', 'KEY_CONVERTER_SCHEMAS_ENABLE does nothing');
}

($status, $out, $err) = Walpost::Shipper::command('config', '--worker', "$dir/nowhere", file($minimal));
is($status, 2, 'no worker file: exit status');
like($err, qr/\Awalpost: could not read worker file ".*nowhere"/, 'no worker file');

# ---- references, and what is never shown
my $secrets = spit("$dir/secrets.properties", "PW=hush\nUSER=fileuser\nHOST = h\n");
spit("$dir/whole", "wholeuser\n");
{
	local $ENV{WP_TEST_PORT} = '7777';

	$result = config(<<"END");
topic.prefix=shop
database.hostname=\${file:$secrets:HOST}
database.user=\${dir:$dir:whole}
database.dbname=a_\${file:$dir/whole}_b
database.port=\${env:WP_TEST_PORT}
database.password=\${file:$secrets:PW}
database.sslpassword=open-sesame
producer.override.sasl.jaas.config=x required password=hush2
kafka.sasl.password=hush3
message.key.columns=a:\${routedByValue}
END
}
is($result->{status}, 0, 'references: exit status') or diag($result->{err});
is($result->{value}{'database.password'}, "\${file:$secrets:PW}", 'a reference is shown as it stands');
is($result->{value}{'database.port'}, '${env:WP_TEST_PORT}', 'and so is a number');
is($result->{value}{'database.sslpassword'}, '********', 'a password is masked');
is($result->{value}{$_}, '********', "$_ is masked")
  for 'producer.override.sasl.jaas.config', 'kafka.sasl.password';
is($result->{value}{'message.key.columns'}, 'a:${routedByValue}', 'what is no reference stays');
unlike($result->{out} . $result->{err}, qr/hush|open-sesame|wholeuser|fileuser/, 'no secret comes out');

refused("database.password=\${file:$secrets:NONE}", 'property "database\.password": file ".*" has no key "NONE"', 'no such key');
refused('database.password=${file:/nowhere:K}', 'could not read secret file "/nowhere"', 'no such file');
refused('database.password=${env:WP_TEST_UNSET}', 'property "database\.password": environment variable "WP_TEST_UNSET" is not set', 'no such variable');
refused('database.password=${vault:a:b}', 'property "database\.password": unknown config provider "vault"; file, dir and env', 'no such provider');
{
	local $ENV{WP_TEST_SECRET} = 'hush';

	$result = config("${minimal}slot.max.retries=\${env:WP_TEST_SECRET}\n");
	like($result->{err}, qr/bad value "\$\{env:WP_TEST_SECRET\}"/, 'a bad value that was referred to is not shown');
}

# ---- the page, which has a standing for each of Debezium's properties
($status, $out) = Walpost::Shipper::command('config', '--reference');
is($status, 0, '--reference: exit status');
is($out, slurp(top_dir() . '/shipper/CONFIG.md'), 'shipper/CONFIG.md is up to date');

my ($said, $table) = $out =~ /^## Each of Debezium's properties\n\nAll (\d+) .*?^\|---.*?\n((?:\|[^\n]*\n)*)/ms;
my %standing = $table =~ /^\| `([^`]+)` \| (done|accepted, no effect|refused) \|/mg;
is(scalar keys %standing, $said, 'each declared property has a standing there');
is($said, 165, 'and that is all of them');
my @unknown = grep { !/\(/ && config("$minimal$_=\n")->{err} =~ /unknown property/ } sort keys %standing;
is_deeply(\@unknown, [], 'each is known');
is_deeply([ $table =~ /^\| `([^`]+)` \| (?!done)[^|]+ \|  \|$/mg ], [], 'what does not work says why');

done_testing();
