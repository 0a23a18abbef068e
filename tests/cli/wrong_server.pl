#!/usr/bin/perl
# wrong_server.pl FAULT - a tool server that is wrong in exactly one way.
#
# It speaks the protocol of POST /tools as the built-in target does, but shares
# no code with it, and prints "listening on URL".  The faults:
#
#   none          it is right
#   wrong-sum     every tenth result is one too high
#   empty-search  a search finds nothing
#   few-tools     it has 24 tools
#   error-as-200  list fails, under the status 200
#   slow-list     list takes 30 ms
#   loses-bytes   it reads at most a million bytes of a body
#   accepts       a request without a name is answered with ok
#   wrong-status  an unknown tool is 400, not 404
#   stuck         after a division by zero the next request fails
#   tires         each list takes 1 us longer than the one before
#   stalls        one stretch of lists is ten times as slow
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use Time::HiRes qw(sleep);

my $fault = shift // 'none';
my @tools = map { "tool_$_" } 1 .. ($fault eq 'few-tools' ? 23 : 29);
push @tools, 'calculator';
my ($lists, $sums, $stuck) = (0, 0, 0);

sub bad { (shift // 400, { status => 'error', error => 'this is wrong' }) }

sub list {
    $lists++;
    sleep 0.03 if $fault eq 'slow-list';
    sleep $lists * 1e-6 if $fault eq 'tires';
    sleep 0.012 if $fault eq 'stalls' && $lists > 1200 && $lists <= 1400;
    return bad(200) if $fault eq 'error-as-200';
    return (200, { status => 'ok', tools => \@tools });
}

sub invoke {
    my $params = shift->{params};
    return bad() if ref $params ne 'HASH' || !defined $params->{expression};
    my ($a, $op, $b, $c) = $params->{expression} =~
        m{^(\d+) ([-+*/]) (\d+)(?: \+ (\d+))?$} or return bad();
    if ($op eq '/' && $b == 0) {
        $stuck = $fault eq 'stuck';
        return bad();
    }
    my $result = $op eq '+' ? $a + $b : $op eq '*' ? $a * $b : $a / $b;
    $result += $c // 0;
    $result++ if $fault eq 'wrong-sum' && ++$sums % 10 == 0;
    return (200, { status => 'ok', tool => 'calculator', result => $result });
}

sub search {
    my $query = shift->{query};
    return bad() if !defined $query || ref $query;
    return (200, { status => 'ok',
            results => $fault eq 'empty-search' ? [] : ['calculator'] });
}

sub on_tool {
    my ($request, $bytes) = @_;
    my $name = $request->{name};
    if (!defined $name || ref $name) {
        return (200, { status => 'ok' }) if $fault eq 'accepts';
        return bad();
    }
    return bad($fault eq 'wrong-status' ? 400 : 404)
        unless grep { $_ eq $name } @tools;
    return invoke($request) if $request->{command} eq 'invoke';
    $bytes = 1000000 if $fault eq 'loses-bytes' && $bytes > 1000000;
    return (200, { status => 'ok', tool => { name => $name },
            received_bytes => $bytes });
}

sub answer {
    my $body = shift;
    return bad(500) if $stuck && !($stuck = 0);
    # To parse a hundred megabytes in Perl takes minutes.
    my $short = $body;
    $short =~ s/"metadata":"x*"/"metadata":""/;
    my $request = eval { JSON::PP->new->utf8->decode($short) };
    return bad() if ref $request ne 'HASH';
    my $command = $request->{command} // '';
    return list() if $command eq 'list';
    return search($request) if $command eq 'search';
    return on_tool($request, length $body) if $command =~ /^(info|invoke)$/;
    return bad();
}

sub serve {
    my $client = shift;
    while (defined(my $line = <$client>)) {
        my $length = 0;
        while (defined($line = <$client>) && $line =~ /\S/) {
            $length = $1 if $line =~ /^Content-Length:\s*(\d+)/i;
        }
        my $body = '';
        read $client, $body, $length if $length > 0;
        my ($status, $json) = answer($body);
        my $text = encode_json($json);
        printf $client "HTTP/1.1 %d Whatever\r\nContent-Type: application/json"
            . "\r\nContent-Length: %d\r\n\r\n%s", $status, length $text, $text;
        $client->flush;
    }
}

$SIG{CHLD} = 'IGNORE';
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64,
    ReuseAddr => 1) or die "wrong_server.pl: $!\n";
$| = 1;
print 'listening on http://127.0.0.1:', $server->sockport, "\n";
while (my $client = $server->accept) {
    my $pid = fork // die "wrong_server.pl: fork: $!\n";
    next if $pid;
    serve($client);
    exit;
}
