# walpost connect: the topics that it finds have to be compacted; of two who register a
# name at once one does; two workers on the same topics, and processes that are killed.

use strict;
use warnings;

use Test::More;
use Walpost::Http;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Test;
use Walpost::Worker;

my $kafka = Walpost::Kafka->shared;

# ---- topics that somebody else made: deleted by age, and by age besides
my $worker = Walpost::Worker->new(kafka => $kafka);
my ($configs, $status) = map { $worker->topic($_) } qw(configs status);
$kafka->create_topic($configs, config => { 'cleanup.policy' => 'delete' });
$worker->start;
is(wait_exit($worker->pid, 30), 2, 'a topic of connectors that is deleted by age: not with it');
like($worker->log, qr/topic "$configs" of config\.storage\.topic has cleanup\.policy=delete, which would lose .*: kafka-configs --bootstrap-server \S+ --alter --entity-type topics --entity-name $configs --add-config cleanup\.policy=compact, or/,
	'why, and what to do');
$kafka->configure_topic($configs, 'cleanup.policy' => 'compact');
$kafka->configure_topic($status, 'cleanup.policy' => '[compact,delete]');
$worker->start;
is(wait_exit($worker->pid, 30), 2, 'one that is compacted, and deleted by age');
like($worker->log, qr/topic "$status" of status\.storage\.topic has cleanup\.policy=compact,delete/, 'which');
$kafka->configure_topic($status, 'cleanup.policy' => 'compact');
$worker->start;
$worker->wait_ready;
unlike($worker->log, qr/could not see/, 'and what was said to be done suffices');

# ---- two workers on the same topics: the second of a connector's processes waits as a
# hot standby, also when both begin at the same moment, here held open by a transaction
my $pg = Walpost::Postgres->running;
$pg->query('CREATE EXTENSION walpost; CREATE TABLE items (id int PRIMARY KEY)');
my $first = Walpost::Worker->running(kafka => $kafka, topics => "group$$");
my $second = Walpost::Worker->running(kafka => $kafka, topics => "group$$");
$pg->query_in_background(<<'END', log_file('holder'));
BEGIN;
CREATE PUBLICATION p FOR TABLE items;
DO $$ BEGIN WHILE (SELECT count(*) FROM pg_locks WHERE NOT granted) < 2 LOOP PERFORM pg_sleep(0.05); END LOOP; END $$;
COMMIT;
END
wait_until('the transaction', sub { $pg->query("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %'") });
my %config = ('connector.class' => 'PostgresConnector', 'database.hostname' => '127.0.0.1', 'database.port' => $pg->port . '',
	'database.user' => 'postgres', 'database.dbname' => 'postgres', 'topic.prefix' => "g$$", 'publication.name' => 'p',
	'publication.autocreate.mode' => 'filtered', 'table.include.list' => 'public.items');
is(($first->call('POST', '/connectors', { name => 'shared', config => \%config }))[0], 201, 'registered with one of two');
wait_until('the other to know it', sub { ($second->call('GET', '/connectors/shared'))[0] == 200 });
is(($second->call('POST', '/connectors', { name => 'shared', config => \%config }))[0], 409, 'not once more with the other');
wait_until('a stream', sub { $pg->slot('debezium', 'active') eq 't' });
wait_until('a standby', sub { ($first->log . $second->log) =~ /waiting as its hot standby/ });
unlike($first->log . $second->log, qr/process for "shared" ended/, 'neither process failed');
my ($active, $standby) = $first->log =~ /waiting as its hot standby/ ? ($second, $first) : ($first, $second);
$active->kill9;
$pg->query('INSERT INTO items VALUES (1)');
wait_until('its row', sub { ($kafka->count("g$$.public.items") // 0) == 1 });
$standby->wait_task('shared', 'RUNNING');
is(($standby->call('DELETE', '/connectors/shared'))[0], 204, 'the one that is left deletes it');
is($standby->stop, 0, 'a clean end');
$active->start;
$active->wait_ready;
is_deeply(($active->call('GET', '/connectors'))[1], [], 'which the other learns when it is back');
is($active->stop, 0, 'a clean end');

done_testing();
