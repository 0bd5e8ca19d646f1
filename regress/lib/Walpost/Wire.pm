# Walpost::Wire
#    What a server sends: a relay in front of it that keeps every byte.
#
# SPDX-License-Identifier: PostgreSQL
package Walpost::Wire;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Walpost::Test;

# A relay to that port of the loopback interface.
sub new
{
	my ($class, $port) = @_;
	my $self = bless { port => free_port(), file => scratch_dir() . '/wire' }, $class;

	spit($self->{file}, '');
	in_background(log_file('relay'), $^X, '-I', top_dir() . '/regress/lib', '-MWalpost::Wire',
		'-e', 'Walpost::Wire::relay(@ARGV)', $self->{port}, $port, $self->{file});
	wait_until('the relay', sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}) });
	return $self;
}

# Where to connect instead of the server.
sub port { return $_[0]{port}; }

# All that the server has sent so far.
sub sent { return slurp($_[0]{file}); }

# ---- in a process of its own ----

sub relay
{
	my ($listen, $target, $file) = @_;
	my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $listen, Listen => 10, ReuseAddr => 1)
	  or die "could not listen on port $listen: $!\n";
	my $all = IO::Select->new($listener);
	my (%peer, %is_server);

	open my $keep, '>>:raw', $file or die "could not write $file: $!\n";
	$keep->autoflush(1);
	for (;;)
	{
		for my $socket ($all->can_read)
		{
			if ($socket == $listener)
			{
				my $client = $listener->accept or next;
				my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $target) or next;

				@peer{ $client, $server } = ($server, $client);
				$is_server{$server} = 1;
				$all->add($client, $server);
				next;
			}
			my $peer = $peer{$socket} or next;
			my $length = sysread $socket, my $bytes, 65536;

			# kept before it is passed on: who has an event finds it in the file
			print $keep $bytes if $length && $is_server{$socket};
			next if $length && _write($peer, $bytes);
			$all->remove($socket, $peer);
			delete @peer{ $socket, $peer };
			close $_ for $socket, $peer;
		}
	}
}

sub _write
{
	my ($socket, $bytes) = @_;

	local $SIG{PIPE} = 'IGNORE';
	while (length $bytes)
	{
		my $written = syswrite $socket, $bytes or return 0;

		substr $bytes, 0, $written, '';
	}
	return 1;
}

1;
