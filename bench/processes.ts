import { Channel, type BufferOptions } from "@espalier/channels";
import { Heartbeat, type Duration, type LocalGenerator } from "@espalier/heartbeat";
import { Process, Server, type Node, type Pid, type Self } from "@espalier/runtime";
import { Supervisor, type SupervisorOptions } from "@espalier/supervisor";
import { bytesEach, expectResult, perSecond } from "./harness.ts";

// Our side of the tables: plain processes, as the tour writes them.

interface Ping {
  readonly from: Pid<number>;
  readonly value: number;
}

function* ponger(self: Self<Ping>, roundTrips: number): LocalGenerator<void> {
  for (let trip = 0; trip < roundTrips; trip += 1) {
    const { from, value } = yield* self.receive();
    yield* Process.send(from, value + 1);
  }
}

function* pinger(self: Self<number>, roundTrips: number): LocalGenerator<number> {
  const pong = yield* Process.spawn(ponger, roundTrips);
  let received = 0;
  for (let trip = 0; trip < roundTrips; trip += 1) {
    yield* Process.send(pong, { from: self.pid, value: trip });
    received += yield* self.receive();
  }
  return received;
}

/** Two processes and one message at a time between them. */
export function pingPong(node: Node, roundTrips: number): Promise<number> {
  return perSecond(roundTrips, async () => {
    expectResult(await node.run(pinger, roundTrips), (roundTrips * (roundTrips + 1)) / 2);
  });
}

function* producer(_self: Self, consumer: Pid<number>, messages: number): LocalGenerator<void> {
  for (let sent = 0; sent < messages; sent += 1) yield* Process.send(consumer, 1);
}

function* consumer(self: Self<number>, producers: number, messages: number): LocalGenerator<number> {
  for (let started = 0; started < producers; started += 1) yield* Process.spawn(producer, self.pid, messages);
  let received = 0;
  for (let count = 0; count < producers * messages; count += 1) received += yield* self.receive();
  return received;
}

/** Many that send and one that receives. */
export function fanIn(node: Node, producers: number, messages: number): Promise<number> {
  return perSecond(producers * messages, async () => {
    expectResult(await node.run(consumer, producers, messages), producers * messages);
  });
}

function* idle(self: Self<string>): LocalGenerator<void> {
  yield* self.receive();
}

function* spawnIdle(_self: Self, count: number): LocalGenerator<Pid<string>[]> {
  const all: Pid<string>[] = [];
  for (let spawned = 0; spawned < count; spawned += 1) all.push(yield* Process.spawn(idle));
  return all;
}

function* end(_self: Self, all: readonly Pid<string>[]): LocalGenerator<void> {
  for (const pid of all) yield* Process.send(pid, "end");
}

/** Processes that wait for their first message, until {@link endAll}. */
export function spawnAll(node: Node, count: number): Promise<readonly Pid<string>[]> {
  return node.run(spawnIdle, count);
}

export async function endAll(node: Node, all: readonly Pid<string>[]): Promise<void> {
  await node.run(end, all);
}

/** Processes that wait for their first message. */
export async function spawns(node: Node, count: number): Promise<number> {
  let all: Pid<string>[] = [];
  const rate = await perSecond(count, async () => {
    all = await node.run(spawnIdle, count);
  });
  await node.run(end, all);
  return rate;
}

/** Heap of a process that waits for its first message, its pid and its parent's included. */
export async function bytesIdle(node: Node, count: number): Promise<number> {
  let all: Pid<string>[] = [];
  const bytes = await bytesEach(count, async () => (all = await node.run(spawnIdle, count)));
  await node.run(end, all);
  return bytes;
}

function* channelSender(_self: Self, channel: Channel<number>, messages: number): LocalGenerator<void> {
  for (let sent = 0; sent < messages; sent += 1) yield* Channel.send(channel, 1);
}

function* subscriber(_self: Self, buffer: BufferOptions | undefined, messages: number): LocalGenerator<number> {
  const lifetime = yield* Heartbeat.create("infinity");
  const channel: Channel<number> =
    buffer === undefined ? yield* Channel.create<number>() : yield* Channel.create<number>(buffer);
  const next = yield* Channel.subscribe(lifetime, channel);
  yield* Process.spawn(channelSender, channel, messages);
  let received = 0;
  for (let count = 0; count < messages; count += 1) received += yield* next;
  yield* Heartbeat.stop(lifetime);
  return received;
}

/** One that sends to a channel and one that subscribed to it. */
export function channelMessages(node: Node, messages: number, buffer?: BufferOptions): Promise<number> {
  return perSecond(messages, async () => expectResult(await node.run(subscriber, buffer, messages), messages));
}

const Counter = Server.define({
  init: (start: number) => ({ count: start }),
  call: { add: (state, by: number) => (state.count += by) },
});

function* caller(_self: Self, calls: number, within: Duration): LocalGenerator<number> {
  const counter = yield* Server.start(Counter, 0);
  let count = 0;
  for (let made = 0; made < calls; made += 1) count = yield* counter.call.add(1).within(within);
  yield* Server.shutdown(counter);
  return count;
}

/** A server is called, and answers, one call at a time. */
export function calls(node: Node, count: number, within: Duration): Promise<number> {
  return perSecond(count, async () => expectResult(await node.run(caller, count, within), count));
}

function* crasher(self: Self<string>, watcher: Pid<Pid<string>>): LocalGenerator<void> {
  yield* Process.send(watcher, self.pid);
  throw new Error(yield* self.receive());
}

/** Few enough for one supervisor that its record of restarts stays short. */
const crashesEach = 200;

const Crashing = Supervisor.define((watcher: Pid<Pid<string>>): SupervisorOptions => ({
  intensity: { restarts: crashesEach, within: "1s" },
  children: [Supervisor.worker("crasher", crasher, [watcher])],
}));

function* crash(self: Self<Pid<string>>, supervisors: number): LocalGenerator<void> {
  for (let started = 0; started < supervisors; started += 1) {
    const supervisor = yield* Supervisor.start(Crashing, self.pid);
    for (let crashes = 0; crashes < crashesEach; crashes += 1) yield* Process.send(yield* self.receive(), "crash");
    yield* self.receive(); // the last successor
    yield* Supervisor.stop(supervisor);
  }
}

/** A child throws, its supervisor starts it again, and somebody sees the successor; one after the other. */
export function restarts(node: Node, supervisors: number): Promise<number> {
  return perSecond(supervisors * crashesEach, () => node.run(crash, supervisors));
}
