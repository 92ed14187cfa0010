import { MessageChannel, type MessagePort } from "node:worker_threads";
import { expectResult, perSecond } from "./harness.ts";
import { RawScheduler, type RawProcess } from "./raw-scheduler.ts";

// The same work without actors, as limits to compare with.

/** A mailbox is an array and sending is a function call: what a message costs when it is nothing but data that changes hands. */
export function plainPingPong(roundTrips: number): Promise<number> {
  const pings: number[] = [];
  const pongs: number[] = [];
  const pong = (): void => {
    pongs.push((pings.pop() as number) + 1);
  };
  return perSecond(roundTrips, () => {
    let received = 0;
    for (let trip = 0; trip < roundTrips; trip += 1) {
      pings.push(trip);
      pong();
      received += pongs.pop() as number;
    }
    expectResult(received, (roundTrips * (roundTrips + 1)) / 2);
  });
}

export function plainFanIn(producers: number, messages: number): Promise<number> {
  return perSecond(producers * messages, () => {
    const mailbox: number[] = [];
    let received = 0;
    for (let round = 0; round < messages; round += 1) {
      for (let producer = 0; producer < producers; producer += 1) mailbox.push(1);
      for (const value of mailbox) received += value;
      mailbox.length = 0;
    }
    expectResult(received, producers * messages);
  });
}

export function plainCalls(calls: number): Promise<number> {
  const state = { count: 0 };
  const handlers: Record<string, (by: number) => number> = { add: (by) => (state.count += by) };
  const requests: { name: string; argument: number; replies: number[] }[] = [];
  const serve = (): void => {
    const { name, argument, replies } = requests.pop() as (typeof requests)[0];
    replies.push((handlers[name] as (by: number) => number)(argument));
  };
  return perSecond(calls, () => {
    state.count = 0;
    const replies: number[] = [];
    for (let made = 0; made < calls; made += 1) {
      requests.push({ name: "add", argument: 1, replies });
      serve();
      expectResult(replies.pop(), made + 1);
    }
  });
}

export function plainSpawns(count: number): Promise<number> {
  return perSecond(count, () => {
    const all: { id: number; mailbox: number[] }[] = [];
    for (let id = 0; id < count; id += 1) all.push({ id, mailbox: [] });
    expectResult(all.length, count);
  });
}

/** A worker that throws, caught and made anew. */
export function plainRestarts(count: number): Promise<number> {
  const work = (attempt: number): void => {
    throw new Error(`crash ${attempt}`);
  };
  return perSecond(count, () => {
    let restarts = 0;
    while (restarts < count) {
      try {
        work(restarts);
      } catch {
        restarts += 1;
      }
    }
    expectResult(restarts, count);
  });
}

export function rawPingPong(roundTrips: number): Promise<number> {
  return perSecond(roundTrips, () => {
    const scheduler = new RawScheduler();
    let received = 0;
    const ponger = scheduler.spawn(function* () {
      for (let trip = 0; trip < roundTrips; trip += 1) {
        const { from, value } = (yield) as { from: RawProcess; value: number };
        from.send(value + 1);
      }
    });
    scheduler.spawn(function* (self) {
      for (let trip = 0; trip < roundTrips; trip += 1) {
        ponger.send({ from: self, value: trip });
        received += (yield) as number;
      }
    });
    scheduler.run();
    expectResult(received, (roundTrips * (roundTrips + 1)) / 2);
  });
}

export function rawFanIn(producers: number, messages: number): Promise<number> {
  return perSecond(producers * messages, () => {
    const scheduler = new RawScheduler();
    let received = 0;
    const consumer = scheduler.spawn(function* () {
      for (let count = 0; count < producers * messages; count += 1) received += (yield) as number;
    });
    for (let producer = 0; producer < producers; producer += 1) {
      // In portions, so that they take turns with the consumer.
      scheduler.spawn(function* (self) {
        for (let sent = 0; sent < messages; sent += 1) {
          consumer.send(1);
          if (sent % 100 !== 99) continue;
          self.send("go on");
          yield;
        }
      });
    }
    scheduler.run();
    expectResult(received, producers * messages);
  });
}

export function rawCalls(calls: number): Promise<number> {
  return perSecond(calls, () => {
    const scheduler = new RawScheduler();
    let count = 0;
    const server = scheduler.spawn(function* () {
      for (let served = 0; served < calls; served += 1) {
        const { from, argument } = (yield) as { from: RawProcess; argument: number };
        from.send({ value: (count += argument) });
      }
    });
    scheduler.spawn(function* (self) {
      for (let made = 0; made < calls; made += 1) {
        server.send({ from: self, argument: 1 });
        yield;
      }
    });
    scheduler.run();
    expectResult(count, calls);
  });
}

export function rawSpawns(count: number): Promise<number> {
  return perSecond(count, () => {
    const scheduler = new RawScheduler();
    rawIdle(scheduler, count);
    scheduler.run();
  });
}

/** Processes that wait for their first message. */
export function rawIdle(scheduler: RawScheduler, count: number): RawProcess[] {
  return Array.from({ length: count }, () => scheduler.spawn(idle));
}

/** Outside, because each evaluation of a generator function makes a prototype and a map for it: 400 bytes that are no process's. */
function* idle(): Generator<undefined, void, unknown> {
  yield;
}

export async function messageChannelPingPong(roundTrips: number): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  port2.on("message", (value: number) => port2.postMessage(value + 1));
  const rate = await perSecond(roundTrips, () => messageChannelRoundTrips(port1, roundTrips));
  port1.close();
  return rate;
}

function messageChannelRoundTrips(port: MessagePort, roundTrips: number): Promise<void> {
  return new Promise((resolve) => {
    let trip = 0;
    const next = (): void => {
      trip += 1;
      if (trip <= roundTrips) port.postMessage(trip);
      else resolve(void port.off("message", next));
    };
    port.on("message", next);
    next();
  });
}

export async function messageChannelFanIn(producers: number, messages: number): Promise<number> {
  const channels = Array.from({ length: producers }, () => new MessageChannel());
  const rate = await perSecond(
    producers * messages,
    () =>
      new Promise<void>((resolve) => {
        let received = 0;
        for (const { port2 } of channels) {
          port2.on("message", (value: number) => {
            received += value;
            if (received === producers * messages) resolve();
          });
        }
        for (let sent = 0; sent < messages; sent += 1) for (const { port1 } of channels) port1.postMessage(1);
      }),
  );
  for (const { port1 } of channels) port1.close();
  return rate;
}

/** Requests with an id and a promise for the answer. */
export async function messageChannelCalls(calls: number): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  let count = 0;
  port2.on("message", ({ id, argument }: { id: number; argument: number }) => {
    count += argument;
    port2.postMessage({ id, value: count });
  });
  const waiting = new Map<number, (value: number) => void>();
  port1.on("message", ({ id, value }: { id: number; value: number }) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  const call = (id: number): Promise<number> =>
    new Promise((resolve) => {
      waiting.set(id, resolve);
      port1.postMessage({ id, argument: 1 });
    });
  const rate = await perSecond(calls, async () => {
    // One at a time, like the process that calls the server.
    for (let id = 0; id < calls; id += 1) await call(id);
  });
  port1.close();
  expectResult(count, calls);
  return rate;
}
