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

done_testing();
