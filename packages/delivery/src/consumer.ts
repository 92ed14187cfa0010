import { describe, durationMs, errorData, type Duration, type LocalGenerator } from "@espalier/heartbeat";
import { ownPid, Refusal, Server, type Addressee, type ServerDefinition, type ServerRef } from "@espalier/runtime";
import { Consuming, type Received } from "./consuming.ts";
import { checkSource } from "./source.ts";

/** How to make a consumer. */
export interface ConsumerOptions {
  /** Its producer, from its start on: a name of its node, a name on another one, a name in a registry, a pid. None until it is connected, unless given. */
  readonly from?: Addressee<any>;
  /** How many messages may be with it that are not confirmed: 20 unless given. It asks for more when half of them are. */
  readonly window?: number;
  /** After which time it asks again when nothing comes, at first; less and less often, down to every 32 times of it: `"1s"` unless given. */
  readonly retry?: Duration;
}

/** The messages of a consumer. See `Delivery.receive` and `Delivery.confirm`. */
export interface ConsumerCalls<out M> {
  readonly receive: (state: any) => Received<M>;
  readonly confirm: (state: any, ticket: number) => boolean;
  readonly connect: (state: any, source: Addressee<any>) => void;
}

/** A consumer's process, as those know it who receive from it. */
export type ConsumerRef<M> = ServerRef<ConsumerCalls<M>, Server.NoMessages>;

/** What a consumer is started by: by `Server.start`, `Server.startLink`, or a supervisor. */
export type ConsumerDefinition<M> = ServerDefinition<Consuming, void, ConsumerCalls<M>, Server.NoMessages>;

/**
 * Defines a consumer: it keeps what has come from its producer, and gives it to those who receive, one message at a time.
 *
 * @throws TypeError or RangeError naming the option that makes no sense.
 */
export function consumer<M>({ from, window = 20, retry = "1s" }: ConsumerOptions = {}): ConsumerDefinition<M> {
  if (!Number.isSafeInteger(window) || window < 1) {
    throw new RangeError(`window: expected a whole number of at least 1, got ${describe(window)}`);
  }
  const retryMs = durationMs(retry, "retry");
  if (retryMs < 1 || retryMs === Infinity)
    throw new RangeError(`retry: expected at least 1 ms, got ${describe(retry)}`);
  const source = from === undefined ? null : checkSource(from);
  const definition = Server.define({
    label: "consumer",
    *init(): LocalGenerator<Consuming> {
      const self = yield* ownPid;
      const consuming = new Consuming({ self, window, retryMs });
      if (source !== null) yield* consuming.connect(source);
      return consuming;
    },
    call: {
      receive: (state: Consuming) => state.next(),
      confirm: (state: Consuming, ticket: number) => state.confirm(ticket),
      *connect(state: Consuming, source: unknown): LocalGenerator<unknown> {
        let checked: Addressee<any>;
        try {
          checked = checkSource(source);
        } catch (error) {
          // The mistake of whoever called, and no reason to end.
          return new Refusal({ type: "error", error: errorData(error) });
        }
        return yield* state.connect(checked);
      },
    },
    info: (state, message) => state.receive(message),
  });
  return definition as unknown as ConsumerDefinition<M>;
}
