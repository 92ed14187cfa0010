import type { HomeContext } from "./home-context.ts";
import type { HomeSender } from "./home-sender.ts";
import type { Place, ProcessKey } from "./transfer-message.ts";

interface Guided {
  readonly process: ProcessKey;
  readonly peer: Place;
  readonly epoch: number;
  readonly to: Place;
  /** Whether it holds: then it is only to be known that what it sent through here has arrived. */
  holds: boolean;
}

/**
 * A former home, and somebody who still sends to it: what comes is forwarded, and meanwhile the sender is told the way. It holds what it has
 * until all that it sent through here has arrived, so nothing overtakes.
 */
export class HomeGuide {
  readonly #context: HomeContext;
  readonly #sender: HomeSender;
  readonly #guided = new Map<string, Guided>();
  /** Whose link was lost before they knew the way: the home has to hear. */
  readonly #broken = new Map<string, readonly [process: ProcessKey, peer: Place]>();

  constructor(context: HomeContext, sender: HomeSender) {
    this.#context = context;
    this.#sender = sender;
  }

  get size(): number {
    return this.#guided.size + this.#broken.size;
  }

  /** `peer` thinks that the home of `process` is here. Idempotent. */
  guide(process: ProcessKey, peer: Place): void {
    const route = this.#sender.find(process);
    if (route === undefined || route.place === peer || peer === this.#context.self) return;
    const key = keyOf(process, peer);
    const { epoch, place: to } = route;
    if ((this.#guided.get(key)?.epoch ?? -1) >= epoch) return;
    this.#guided.set(key, { process, peer, epoch, to, holds: false });
    this.#context.send(peer, { type: "home.leaving", process, epoch, to, gone: true });
  }

  held(peer: Place, process: ProcessKey, epoch: number): void {
    const guided = this.#guided.get(keyOf(process, peer));
    if (guided?.epoch !== epoch || guided.holds) return;
    guided.holds = true;
    this.#flush(guided);
  }

  flushed(from: Place, process: ProcessKey, epoch: number, peer: Place): void {
    const guided = this.#guided.get(keyOf(process, peer));
    if (guided?.to !== from || guided.epoch !== epoch || !guided.holds) return;
    this.#guided.delete(keyOf(process, peer));
    this.#context.send(peer, { type: "home.moved", process, epoch, to: from });
  }

  /** The link to `peer` was lost before it knew where the process is. */
  broke(process: ProcessKey, peer: Place): void {
    this.#broken.set(keyOf(process, peer), [process, peer]);
    this.#tellBroken();
  }

  /** Asks again: not as soon as there is a link, because what waits for it goes first. */
  tick(): void {
    this.#tellBroken();
    for (const guided of this.#guided.values()) {
      const route = this.#sender.find(guided.process);
      if (route === undefined) {
        this.#guided.delete(keyOf(guided.process, guided.peer));
        const { process, peer, epoch, to } = guided;
        // It is nowhere any more, and whoever holds learns so there.
        this.#context.send(peer, { type: "home.moved", process, epoch, to });
      } else if (route.epoch > guided.epoch) this.guide(guided.process, guided.peer);
      else if (guided.holds) this.#flush(guided);
    }
  }

  unreachable(place: Place): void {
    for (const [key, { process, peer }] of this.#guided) {
      if (peer !== place) continue;
      this.#guided.delete(key);
      this.broke(process, peer);
    }
  }

  #tellBroken(): void {
    for (const [key, [process, peer]] of this.#broken) {
      const route = this.#sender.find(process);
      if (route !== undefined && !this.#context.linked.has(route.place)) continue;
      this.#broken.delete(key);
      if (route === undefined) continue;
      this.#context.send(route.place, { type: "home.broken", process, epoch: route.epoch, peer });
    }
  }

  #flush({ process, peer, epoch, to }: Guided): void {
    if (this.#context.linked.has(to)) this.#context.send(to, { type: "home.flush", process, epoch, peer });
    else this.#context.act({ type: "connect", to });
  }
}

function keyOf(process: ProcessKey, peer: Place): string {
  return `${process} ${peer}`;
}
