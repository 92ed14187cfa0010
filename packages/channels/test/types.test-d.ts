import type { Heartbeat, LocalGenerator } from "@espalier/heartbeat";
import { Channel, type ChannelNext, type Delivery, type Taken } from "../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <Law extends true>(): Law | undefined => undefined;

export function* compiles(heartbeat: Heartbeat): LocalGenerator<void> {
  const inbox = yield* Channel.create<number>();
  holds<Equal<typeof inbox, Channel<number, "rendezvous">>>();
  const jobs = yield* Channel.create<string>({ capacity: 8, whenFull: "drop-oldest" });
  holds<Equal<typeof jobs, Channel<string, "buffered">>>();
  const either: Channel<string> = jobs;

  const sent = yield* Channel.send(inbox, 1);
  holds<Equal<typeof sent, void>>();
  yield* Channel.sendUnconfirmed(either, "a");
  const outcome = yield* Channel.deliver(jobs, "a");
  holds<Equal<typeof outcome, Delivery<string>>>();
  if (outcome.type === "refused") holds<Equal<typeof outcome.value, string>>();

  const next = yield* Channel.subscribe(heartbeat, inbox);
  holds<Equal<typeof next, ChannelNext<number>>>();
  const value = yield* next;
  holds<Equal<typeof value, number>>();
  const answer: string = yield* yield* Channel.receive(heartbeat, jobs);
  yield* Channel.send(jobs, answer);

  const peeked = yield* Channel.peek(jobs);
  holds<Equal<typeof peeked, string>>();
  const taken = yield* Channel.receiveNow(jobs);
  holds<Equal<typeof taken, Taken<string> | undefined>>();
  const seen = yield* Channel.peekNow(jobs);
  holds<Equal<typeof seen, Taken<string> | undefined>>();
  yield* Channel.close(jobs);
}

export function* mustNotCompile(
  heartbeat: Heartbeat,
  inbox: Channel<number, "rendezvous">,
  jobs: Channel<number>,
): LocalGenerator<void> {
  // @ts-expect-error a value of another type
  yield* Channel.send(inbox, "1");
  // @ts-expect-error a value of another type
  yield* Channel.deliver(inbox, "1");
  // @ts-expect-error a value of another type
  yield* Channel.sendUnconfirmed(inbox, "1");
  // @ts-expect-error no such policy
  yield* Channel.create<number>({ capacity: 1, whenFull: "explode" });
  // @ts-expect-error a buffer has a capacity
  yield* Channel.create<number>({ whenFull: "refuse" });
  // @ts-expect-error every listener has a heartbeat
  yield* Channel.receive(inbox);
  // @ts-expect-error the arguments the other way round
  yield* Channel.subscribe(inbox, heartbeat);
  // @ts-expect-error nothing waits in a rendezvous
  yield* Channel.peek(inbox);
  // @ts-expect-error this channel may be a rendezvous
  yield* Channel.receiveNow(jobs);
  // @ts-expect-error nothing waits in a rendezvous
  yield* Channel.peekNow(inbox);
  // @ts-expect-error a rendezvous is nothing but a name
  yield* Channel.close(inbox);
  // @ts-expect-error what can be received can be sent: a channel of numbers is no channel of numbers and strings
  const wider: Channel<number | string> = inbox;
  return void wider;
}
