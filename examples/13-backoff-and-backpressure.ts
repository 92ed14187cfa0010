/**
 * Two ways to be gentle: a child whose restarts wait, because what it needs is away; and a mailbox that holds so much and no more.
 *
 *     node examples/13-backoff-and-backpressure.ts
 */
import { MailboxFullError, Node, Process, Remote, Server, Supervisor, type Self } from "espalier";

type Print = (line: string) => void;

/** A service outside. When it goes away it refuses the next connections, so many. */
interface Outside {
  refusals: number;
}

interface Setting {
  readonly outside: Outside;
  readonly print: Print;
}

const Uplink = Server.define({
  label: "uplink",
  init({ outside, print }: Setting) {
    if (outside.refusals > 0) {
      outside.refusals -= 1;
      print("uplink: refused");
      throw new Error("connection refused");
    }
    print("uplink: connected");
    return { outside, print };
  },
  call: {
    send({ outside, print }, reading: number) {
      if (outside.refusals > 0) throw new Error("connection lost");
      print(`sent ${reading}`);
    },
  },
});

/** Attempts after 10, 20, 40 and 80 ms. Each counts when it is made; without the waits all would be made at once, and be too many. */
const Station = Supervisor.define((setting: Setting) => ({
  intensity: { restarts: 4, within: "1s" },
  children: [
    Supervisor.worker("uplink", Uplink, [setting], {
      name: "uplink",
      backoff: { min: "10ms", max: "100ms", jitter: 0 },
    }),
  ],
}));

/** Takes its time with each reading. */
function* recorder(self: Self<number>, done: (reading: number) => void) {
  for (;;) {
    const reading = yield* self.receive();
    yield* Process.sleep("1ms");
    done(reading);
  }
}

export async function main(print: Print = console.log): Promise<void> {
  await using node = await Node.start({ logger: { report: () => {} } });
  await node.run(backoff, print);
  print(await node.run(backpressure));
  print(await node.run(refusal));
}

/** What a child needs goes away, and comes back: the child waits for it, and its supervisor answers meanwhile. */
function* backoff(_self: Self<never>, print: Print) {
  const outside = { refusals: 0 };
  const station = yield* Supervisor.start(Station, { outside, print });
  const uplink = Server.ref(Uplink, "uplink");
  yield* uplink.call.send(1);
  outside.refusals = 3;
  const failed = yield* Remote.attempt(uplink.call.send(2));
  const child = yield* Supervisor.whichChild(station, "uplink");
  print(`${failed.type}; the uplink is ${String(child?.child)}`);
  for (let sent = failed; sent.type === "failure"; sent = yield* Remote.attempt(uplink.call.send(2))) {
    yield* Process.sleep("1ms");
  }
  yield* Supervisor.stop(station);
}

/** The sender waits for room: nothing is lost, and never do more than three wait. */
function* backpressure(_self: Self<never>) {
  const recorded: number[] = [];
  let most = 0;
  const pid = yield* Process.spawnOpt({ link: true, mailbox: { capacity: 3 } }, recorder, (n: number) =>
    recorded.push(n),
  );
  for (let n = 0; n < 10; n += 1) {
    yield* Process.send(pid, n);
    most = Math.max(most, (yield* Process.info(pid))?.mailbox ?? 0);
  }
  while (recorded.length < 10) yield* Process.sleep("1ms");
  return `${recorded.join(" ")}, at most ${most} in the mailbox`;
}

/** Who would rather not wait is told, and has the message back. */
function* refusal(_self: Self<never>) {
  const mailbox = { capacity: 3, whenFull: "fail" } as const;
  const pid = yield* Process.spawnOpt({ link: true, mailbox }, recorder, () => {});
  for (let n = 0; ; n += 1) {
    try {
      yield* Process.send(pid, n);
    } catch (error) {
      if (!(error instanceof MailboxFullError)) throw error;
      return `no room for ${JSON.stringify(error.value)}`;
    }
  }
}

if (import.meta.main) await main();
