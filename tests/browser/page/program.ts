// A node in a page. What the test asks of it are the functions of `program`.

import {
  type LocalGenerator,
  Node,
  NodeRef,
  Nodes,
  Process,
  readIdentity,
  type Self,
  Server,
  Supervisor,
} from "espalier";
import { Counter, Doubler, idle, tour, watch } from "./shared.ts";

declare global {
  var program: Program;
}

class Program {
  #node: Node | null = null;
  readonly #told: string[] = [];

  get node(): Node {
    if (this.#node === null) throw new Error("expected a node that was started");
    return this.#node;
  }

  /** @param connect the addresses of nodes to stay connected with. */
  async start(keyText: string, allow: readonly string[], connect: readonly string[] = []): Promise<string> {
    const peers = connect.map((url) => NodeRef.parse(url));
    this.#node = await Node.start({ identity: readIdentity(keyText), allow, connect: peers });
    return this.#node.ref.id;
  }

  connect(url: string): Promise<boolean> {
    return this.node.run(function* () {
      return yield* Nodes.connect(NodeRef.parse(url));
    });
  }

  add(url: string, by: number): Promise<number> {
    return this.node.run(function* () {
      return yield* Server.ref(Counter, { name: "counter", node: NodeRef.parse(url) }).call.add(by);
    });
  }

  /** The server asks a server of this page, and then answers. */
  addDouble(url: string, number: number): Promise<number> {
    return this.node.run(function* () {
      const doubler = yield* Server.startLink(Doubler, undefined);
      return yield* Server.ref(Counter, { name: "counter", node: NodeRef.parse(url) }).call.addDouble(
        number,
        doubler.pid,
      );
    });
  }

  /** The numbers that came back, in their order. */
  echo(url: string, count: number): Promise<readonly number[]> {
    return this.node.run(function* (self: Self<number>) {
      const echo = { name: "echo", node: NodeRef.parse(url) };
      for (let number = 0; number < count; number += 1) yield* Process.send(echo, { from: self.pid, number });
      const numbers: number[] = [];
      while (numbers.length < count) numbers.push(yield* self.receive());
      return numbers;
    });
  }

  tour(url: string, rounds: number): Promise<{ readonly places: readonly string[]; readonly sum: number }> {
    return this.node.run(tour(NodeRef.parse(url), this.node.ref, rounds));
  }

  /** A process with a name, that there is something to link with. */
  async spawnNamed(name: string): Promise<void> {
    await this.node.run(function* () {
      yield* Process.register(name, yield* Process.spawn(idle));
    });
  }

  /** Writes down what becomes of a process of the server, and of the connection. */
  async watch(url: string, name: string): Promise<void> {
    const told = this.#told;
    await new Promise<void>((resolve) => {
      const tell = (what: string): void => {
        told.push(what);
        resolve();
      };
      void this.node.run(function* () {
        yield* Process.spawn(watch, NodeRef.parse(url), name, tell);
      });
    });
  }

  told(): readonly string[] {
    return this.#told;
  }

  /** A tree whose worker crashes when it is told to: how often it began, and what it answers then. */
  supervise(): Promise<readonly string[]> {
    return this.node.run(function* (self: Self<string>) {
      const keeper = self.pid;
      let life = 0;
      function* worker(own: Self<string>): LocalGenerator<never> {
        life += 1;
        yield* Process.send(keeper, `life ${life}`);
        yield* own.ready();
        const word = yield* own.receive();
        throw new Error(word);
      }
      const children = [Supervisor.worker("worker", worker, [], { ready: true, name: "worker" })];
      yield* Supervisor.startLink(Supervisor.define({ children }));
      const lives = [yield* self.receive()];
      yield* Process.send("worker", "crash");
      lives.push(yield* self.receive());
      return lives;
    });
  }

  stop(): Promise<void> {
    return this.node.stop();
  }
}

globalThis.program = new Program();
