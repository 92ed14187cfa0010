import type { Place } from "@espalier/testkit";
import type { Journey, Told, Traveller } from "./journey.ts";
import { Post } from "./post.ts";

/** What a node remembers of a heartbeat. */
type Status = "live" | "transferred" | "stopped" | "error";

/** What is known of a heartbeat when somebody asks. */
type Answer = Status | "unknown";

type Message =
  /** The rest of a computation. */
  | { readonly type: "transfer"; readonly heartbeat: string; readonly journey: Journey; readonly stay: number }
  /** A computation that waits for the end of a heartbeat goes on here. */
  | { readonly type: "supervisor"; readonly heartbeat: string }
  | { readonly type: "status?"; readonly heartbeat: string; readonly request: number; readonly asker: string }
  | { readonly type: "status"; readonly request: number; readonly answer: Answer };

/** "Recent", "a few seconds" and so on: other values move the numbers of the failures, not the failures. */
const pollMs = 1_000;
const recentMs = 2_000;
const keptMs = 5_000;
const replyMs = 2_000;
const beatMs = 500;

/**
 * The heartbeats of the original documents, as they wrote them down: a status map whose entries are good for a while, a forwarding map from
 * which a reaper takes what is old, a transfer that is sent and forgotten, and a supervisor that asks again and again. It is here to be seen to
 * fail (H1–H5, H17).
 */
export class OriginalNode implements Traveller {
  readonly told: Told[] = [];
  readonly #place: Place;
  #post: Post<Message> | null = null;
  readonly #status = new Map<string, { readonly status: Status; readonly atMs: number }>();
  readonly #forwarding = new Map<string, { readonly to: string; readonly atMs: number }>();
  /** Requests that were not answered yet. */
  readonly #asked = new Map<number, string>();
  #requests = 0;

  private constructor(place: Place) {
    this.#place = place;
  }

  static async start(place: Place): Promise<OriginalNode> {
    const node = new OriginalNode(place);
    node.#post = await Post.open<Message>(place, (message) => node.#receive(message));
    node.#every(pollMs, () => node.#reap());
    return node;
  }

  begin(journey: Journey): void {
    const heartbeat = `${this.#place.name}-1`;
    this.#compute(heartbeat, journey, 0);
    if (journey.supervisorGoesTo === null) this.#poll(heartbeat);
    else this.#send(journey.supervisorGoesTo, { type: "supervisor", heartbeat });
  }

  // The computation

  /** Stays here for a while, the heartbeat beating, and then goes on. */
  #compute(heartbeat: string, journey: Journey, stay: number): void {
    const { stayMs } = journey.stays[stay] as Journey["stays"][number];
    this.#set(heartbeat, "live");
    const stop = this.#every(beatMs, () => this.#set(heartbeat, "live"));
    this.#after(stayMs, () => {
      const next = journey.stays[stay + 1];
      if (next === undefined && journey.end === "never") return;
      stop();
      if (next === undefined) return this.#set(heartbeat, journey.end as Status);
      this.#place.mark("transfer.started");
      this.#forwarding.set(heartbeat, { to: next.node, atMs: this.#nowMs });
      this.#set(heartbeat, "transferred");
      this.#send(next.node, { type: "transfer", heartbeat, journey, stay: stay + 1 });
    });
  }

  #set(heartbeat: string, status: Status): void {
    this.#status.set(heartbeat, { status, atMs: this.#nowMs });
  }

  /** "Stopped heartbeats and transferred heartbeats are kept around for a few seconds." */
  #reap(): void {
    const isOld = ({ atMs }: { readonly atMs: number }): boolean => this.#nowMs - atMs > keptMs;
    for (const [heartbeat, entry] of this.#forwarding) if (isOld(entry)) this.#forwarding.delete(heartbeat);
    for (const [heartbeat, entry] of this.#status) {
      if (entry.status !== "live" && isOld(entry)) this.#status.delete(heartbeat);
    }
  }

  // The supervisor

  /** Asks here; if nothing recent is known, where the computation went; if that says nothing, it is nonresponsive. */
  #poll(heartbeat: string): void {
    const known = this.#known(heartbeat);
    if (known !== "unknown") return this.#learned(heartbeat, known);
    const forward = this.#forwarding.get(heartbeat);
    if (forward === undefined) return this.#tell("unresponsive");
    this.#requests += 1;
    const request = this.#requests;
    this.#asked.set(request, heartbeat);
    this.#send(forward.to, { type: "status?", heartbeat, request, asker: this.#place.name });
    this.#after(replyMs, () => {
      if (this.#asked.delete(request)) this.#tell("unresponsive");
    });
  }

  /** The status here, if it is recent, or final and still there. */
  #known(heartbeat: string): Answer {
    const entry = this.#status.get(heartbeat);
    if (entry === undefined) return "unknown";
    const isFinal = entry.status === "stopped" || entry.status === "error";
    return isFinal || this.#nowMs - entry.atMs <= recentMs ? entry.status : "unknown";
  }

  #learned(heartbeat: string, answer: Answer): void {
    if (answer === "live" || answer === "transferred") this.#after(pollMs, () => this.#poll(heartbeat));
    else this.#tell(answer === "unknown" ? "unresponsive" : answer);
  }

  #tell(type: Told["type"]): void {
    this.told.push({ atMs: this.#place.nowMs, type, node: null, text: type });
    this.#place.mark(`told:${type}`);
  }

  // Between nodes

  #receive(message: Message): void {
    switch (message.type) {
      case "transfer":
        return this.#compute(message.heartbeat, message.journey, message.stay);
      case "supervisor":
        return this.#poll(message.heartbeat);
      case "status?": {
        const answer = this.#known(message.heartbeat);
        const forward = this.#forwarding.get(message.heartbeat);
        if (answer === "unknown" && forward !== undefined) return this.#send(forward.to, message);
        return this.#send(message.asker, { type: "status", request: message.request, answer });
      }
      case "status": {
        const heartbeat = this.#asked.get(message.request);
        this.#asked.delete(message.request);
        if (heartbeat !== undefined) this.#learned(heartbeat, message.answer);
      }
    }
  }

  #send(to: string, message: Message): void {
    this.#post?.send(to, message);
  }

  get #nowMs(): number {
    return this.#place.host.clock.monotonic();
  }

  #after(delayMs: number, run: () => void): void {
    this.#place.host.clock.after(delayMs, run);
  }

  /** Returns what ends it. */
  #every(periodMs: number, run: () => void): () => void {
    let over = false;
    const again = (): void => {
      if (over) return;
      run();
      this.#after(periodMs, again);
    };
    this.#after(periodMs, again);
    return () => {
      over = true;
    };
  }
}
