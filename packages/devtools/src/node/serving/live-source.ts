import { randomUUID } from "node:crypto";
import type { Node } from "@espalier/runtime";
import { Actions } from "../../acting/actions.ts";
import { stateOf } from "../../acting/state-of.ts";
import type { ChaosPort } from "../../acting/chaos-port.ts";
import { Observer } from "../../observing/observer.ts";
import type { Plane } from "../../protocol/capability.ts";
import type { Followed } from "../../protocol/frames.ts";
import type { OfNode, Parameters, Question, Result } from "../../protocol/requests.ts";
import type { NodeSheet } from "../../protocol/sheets.ts";
import { TroubleError } from "../../protocol/trouble-error.ts";
import { recordingOf } from "../../recording/recording-of.ts";
import { Traces } from "../../observing/traces.ts";
import { NodeGauges } from "./node-gauges.ts";
import { Sampling } from "./sampling.ts";
import type { Asked, Source } from "./source.ts";
import { usedMs } from "./used.ts";

/** Of this OS process. */
const life = randomUUID();

/** A sample that is older was not taken for somebody who looks now. Longer than the time between two, which may be five seconds. */
const freshMs = 5_500;

/** What looks at one node. */
interface Post {
  readonly observer: Observer;
  /** When it took its last sample. */
  sampledMs: number;
  readonly chaos: ChaosPort | null;
  readonly traces: Traces;
}

/** Answers about nodes that run in this OS process. */
export class LiveSource implements Source {
  readonly life: string = life;
  readonly sampling: Sampling;
  readonly #nodes: () => readonly Node[];
  readonly #chaos: ((node: Node) => ChaosPort) | null;
  readonly #gauges: NodeGauges;
  readonly #posts: WeakMap<Node, Post> = new WeakMap();

  constructor(nodes: () => readonly Node[], chaos: ((node: Node) => ChaosPort) | null, title: string) {
    this.#gauges = new NodeGauges(title);
    this.#nodes = nodes;
    this.#chaos = chaos;
    this.sampling = new Sampling(this.#gauges, () => {
      for (const node of this.#nodes()) sample(this.#post(node));
    });
  }

  nodes(): readonly NodeSheet[] {
    return this.#nodes().map((node) => ({
      id: node.ref.id,
      incarnation: node.incarnation,
      url: node.kernel.distribution?.url ?? null,
      program: this.#gauges.program,
    }));
  }

  look({ method, parameters }: Question<Followed>, planes: readonly Plane[]): Result<Followed> {
    const post = this.#post(this.#find(parameters));
    // One that nobody has looked at for a while: what is sampled every second is not sampled for each question, too, or rates would be those of an instant.
    if (performance.now() - post.sampledMs > freshMs) sample(post);
    const { observer } = post;
    switch (method) {
      case "overview":
        return observer.overview();
      case "table":
        return observer.table(parameters as Question<"table">["parameters"]);
      case "tree":
        return observer.tree(parameters as Question<"tree">["parameters"]);
      case "process":
        return observer.process((parameters as Question<"process">["parameters"]).pid, planes.includes("values"));
      case "crashes":
        return observer.crashes();
      case "lifetimes":
        return observer.lifetimes();
      case "network":
        return observer.network();
    }
  }

  async ask(question: Question<Asked>, by: string): Promise<unknown> {
    const node = this.#find(question.parameters);
    const { observer, chaos, traces } = this.#post(node);
    if (question.method === "recording") return recordingOf(node);
    if (question.method === "chaos.list") return chaosOf(chaos).list();
    const actions = new Actions(node, by);
    const { id, pid, reason, message, action, parameters } = question.parameters as AllParameters;
    switch (question.method) {
      case "crash":
        return observer.crash(id);
      case "trace.start":
        return traces.start(question.parameters as Parameters<"trace.start">);
      case "trace.get":
        return traces.page(question.parameters as Parameters<"trace.get">);
      case "trace.stop":
        return traces.stop();
      case "chaos.do":
        return actions.onNode(`chaos ${action}`, () => chaosOf(chaos).do(action, parameters));
      case "state":
        return stateOf(node, pid);
      case "suspend":
        return done(actions.suspend(pid));
      case "resume":
        return done(actions.resume(pid));
      case "restart":
        return done(actions.restart(pid));
      case "exit":
        return done(actions.exit(pid, reason));
      case "kill":
        return done(actions.kill(pid));
      case "send":
        return done(actions.send(pid, message));
    }
  }

  touch(): void {
    this.sampling.touch();
  }

  watch(sampled: () => void, tell: (text: string) => void): () => void {
    return this.sampling.watch(sampled, tell);
  }

  usedMs(): number {
    return usedMs();
  }

  spent(ms: number): void {
    this.#gauges.spent(ms);
  }

  #find({ node: id }: OfNode): Node {
    const nodes = this.#nodes();
    const [only] = nodes;
    if (id === undefined && only !== undefined && nodes.length === 1) return only;
    const found = nodes.find((node) => node.ref.id === id);
    if (found !== undefined) return found;
    throw new TroubleError({
      code: id === undefined ? "invalid" : "not-found",
      message: `parameters.node: expected the id of one of ${nodes.length} nodes that run here, got ${id === undefined ? "nothing" : "another"}`,
      hint: "capabilities has the nodes of the program",
    });
  }

  #post(node: Node): Post {
    let post = this.#posts.get(node);
    if (post === undefined) {
      post = {
        observer: new Observer(node, this.#gauges),
        sampledMs: Number.NEGATIVE_INFINITY,
        chaos: this.#chaos === null ? null : this.#chaos(node),
        traces: new Traces(node),
      };
      this.#posts.set(node, post);
    }
    return post;
  }
}

function sample(post: Post): void {
  post.observer.sample();
  post.sampledMs = performance.now();
}

/** What the methods that are not followed are given, together: each has what it needs, as its parser saw to it. */
type AllParameters = Parameters<"crash"> & Parameters<"exit"> & Parameters<"send"> & Parameters<"chaos.do">;

function done(acting: Promise<void>): Promise<null> {
  return acting.then(() => null);
}

function chaosOf(chaos: ChaosPort | null): ChaosPort {
  if (chaos !== null) return chaos;
  throw new TroubleError({
    code: "not-found",
    message: "the program has no chaos actions",
    hint: "start its dev tools with { chaos: chaosActions } of @espalier/testkit",
  });
}
