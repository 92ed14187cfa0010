%% Erlang distribution, measured as wire.bench.ts measures the rest: process to process, one node here, one in another OS process.
-module(distribution).
-export([main/3, peer/1]).

main(What, Bytes, Count) ->
    Path = filename:dirname(code:which(?MODULE)),
    %% Not controlled through the connection that is measured: it is closed in between.
    Cookie = atom_to_list(erlang:get_cookie()),
    {ok, Control, Node} = peer:start_link(#{
        name => peer:random_name(), connection => standard_io, args => ["-pa", Path, "-setcookie", Cookie]
    }),
    true = net_kernel:connect_node(Node),
    Pid = peer:call(Control, erlang, spawn, [?MODULE, peer, [0]]),
    Message = binary:copy(<<0>>, Bytes),
    measure(What, Node, Pid, Message, max(1, Count div 4)),
    io:format("~w~n", [measure(What, Node, Pid, Message, Count)]),
    peer:stop(Control),
    halt().

peer(Count) ->
    receive
        {ask, From, Message} ->
            From ! {answer, Count + 1, Message},
            peer(0);
        _ ->
            peer(Count + 1)
    end.

%% Nanoseconds: of each round trip, or of all of it.
measure(trips, _, Pid, Message, Count) ->
    [took(fun() -> ask(Pid, Message, 1) end) || _ <- lists:seq(1, Count)];
measure(flood, _, Pid, Message, Count) ->
    [took(fun() -> send(Pid, Message, Count - 1), ask(Pid, Message, Count) end)];
measure(connections, Node, _, _, Count) ->
    [took(fun() -> connect(Node, Count) end)].

send(_, _, 0) -> ok;
send(Pid, Message, Left) ->
    Pid ! Message,
    send(Pid, Message, Left - 1).

ask(Pid, Message, Count) ->
    Pid ! {ask, self(), Message},
    receive {answer, Count, Message} -> ok end.

connect(_, 0) -> ok;
connect(Node, Left) ->
    true = erlang:disconnect_node(Node),
    %% The other side may not have heard of it yet, and refuse then.
    until(fun() -> net_kernel:connect_node(Node) end),
    connect(Node, Left - 1).

until(What) ->
    case What() of
        true -> ok;
        _ -> until(What)
    end.

took(What) ->
    Started = erlang:monotonic_time(nanosecond),
    What(),
    erlang:monotonic_time(nanosecond) - Started.
