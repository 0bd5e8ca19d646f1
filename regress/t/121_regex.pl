# Regular expressions as Java has them: each case of regress/javaregex/cases.txt has the
# answer that Java gave (Answers.java beside it).  A case that does not come out so is
# one of those below, and refused by name rather than taken for something else.

use strict;
use warnings;

use Test::More;
use Walpost::Postgres;
use Walpost::Test;

# Java takes them; here they are refused, for these reasons.
my %refused = (
	'class within a class, or an intersection' => [qw([a-z&&[^x]]+.* [a-z[0-9]]+.* [[:alpha:].]+ public\.[a-z&&[^o]].*)],
	'not support .*\\\\u' => [qw(shop\u002epublic.*)],
	'octal number of so many digits' => [qw(shop\0056public.*)],
	'unrecognized character after' => [qw{(?d).* (?u).*}],
	'flag U' => [qw{(?U)\w+.*}],
	'lookbehind assertion' => [qw{(?<=a+)shop.*}],
	'unknown property' => [qw(\p{Punct}.* \p{IsAlphabetic}+.* \p{IsLatin}+.* \p{javaLowerCase}+.* \p{InBasicLatin}+)],
	'letters by their case, where case is ignored' => [qw(public\.\p{Upper}.*)],
);

# Java refuses them; here they mean what they mean in Perl.
my %accepted = map { $_ => 1 } qw~(?<a_b>.*) sho{,2}p.* shop\ppublic (?#note)shop.* a{2 (?P<a>shop).* (?|shop).* shop(?R)?.* shop\K.*~;

# The answer is another one: letters beyond ASCII have no case in Java's lists, and
# Kafka takes no topic that Java would have made.
my %differs = ("public.\xc3\x89T\xc3\x89" => 'yes', 'a\$1' => '!error transforms lead to "a$1", which cannot be a topic');

my @cases;
for my $line (split /\n/, slurp(top_dir() . '/regress/javaregex/cases.txt'))
{
	my ($kind, $regex, $replacement, $subject, $answer) = split /\t/, $line, -1;
	push @cases, { kind => $kind, regex => $regex, replacement => $replacement, subject => $subject, answer => $answer } if defined $answer;
}
cmp_ok(scalar @cases, '>', 150, 'there are cases');

sub quoted { my ($text) = @_; return "\$walpost\$$text\$walpost\$"; }

my $pg = Walpost::Postgres->running;
my %topics = map { $_->{subject} => 1 } grep { $_->{kind} eq 'route' } @cases;
my %names = map { $_->{subject} => 1 } grep { $_->{kind} eq 'list' } @cases;
my @sql = ('CREATE SCHEMA a');
for my $table (sort keys %{ { map { s/^[^.]*\.//r => 1 } keys %topics } })
{
	my ($schema, $name) = split /\./, $table;
	push @sql, qq{CREATE TABLE $schema."$name" (id int PRIMARY KEY)};
}
push @sql, q{SELECT pg_create_logical_replication_slot('regex', 'walpost')};
push @sql, map { my ($schema, $name) = (split /\./)[ 1, 2 ]; qq{INSERT INTO $schema."$name" VALUES (1) ON CONFLICT DO NOTHING} } sort keys %topics;
push @sql, map { 'SELECT pg_logical_emit_message(false, ' . quoted($_) . ", 'x')" } sort keys %names;
$pg->query(join ";\n", @sql);

# What is done with a topic or name, or the error.
$pg->query(q{CREATE FUNCTION answer(kind text, regex text, replacement text, subject text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	parts text[] := string_to_array(subject, '.');
	detail text;
BEGIN
	IF kind = 'route' THEN
		RETURN (SELECT data::json ->> 'topic' FROM pg_logical_slot_peek_changes('regex', NULL, NULL, 'topic.prefix', parts[1],
			'table.include.list', '(?-i)' || parts[2] || '[.]' || parts[3], 'message.prefix.exclude.list', '.*', 'transforms', 'r',
			'transforms.r.type', 'RegexRouter', 'transforms.r.regex', regex, 'transforms.r.replacement', replacement) LIMIT 1);
	END IF;
	RETURN (SELECT CASE WHEN count(*) > 0 THEN 'yes' ELSE 'no' END FROM pg_logical_slot_peek_changes('regex', NULL, NULL, 'topic.prefix', 't',
		'table.include.list', 'none', 'message.prefix.include.list', regex) WHERE data::json -> 'value' -> 'message' ->> 'prefix' = subject);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN '!error ' || SQLERRM || ' ' || detail;
END $$});
my $answers = $pg->query(join ";\n", map { 'SELECT answer(' . join(', ', map { quoted($_) } @$_{qw(kind regex replacement subject)}) . ')' } @cases);
my @answers = split /\n/, $answers;
is(scalar @answers, scalar @cases, 'each case has its answer');
for my $i (0 .. $#cases)
{
	my ($case, $answer) = ($cases[$i], $answers[$i]);
	my $name = "$case->{kind} $case->{regex} $case->{replacement} $case->{subject}";
	my ($reason) = grep { grep { $_ eq $case->{regex} } @{ $refused{$_} } } keys %refused;
	my ($other) = grep { defined } @differs{ $case->{subject}, $case->{replacement} };

	if ($case->{answer} eq '!error')
	{
		is($answer =~ /^!error/ ? 0 : 1, $accepted{ $case->{regex} } // 0, "$name: an error") or diag($answer);
	}
	elsif (defined $reason) { like($answer, qr/^!error .*$reason/, "$name: refused"); }
	elsif (defined $other) { like($answer, qr/^\Q$other\E/, "$name: different"); }
	else { is($answer, $case->{answer}, $name); }
}
done_testing();
