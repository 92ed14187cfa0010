import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Cluster, type Member } from "../simulation/by-hand.ts";
import { programs } from "./list.ts";
import { expectedOf, run } from "./run.ts";

// The same programs with another `remote`: each body is the author's own generator function, as Node runs it.
vi.mock("espalier", async (original) => {
  const real = await original<Record<string, any>>();
  const { RemoteOperation } = await import("@espalier/runtime");
  class Native extends RemoteOperation<unknown> {
    readonly #begin: () => any;
    constructor(begin: () => any) {
      super();
      this.#begin = begin;
    }
    override enter() {
      return this.#begin();
    }
  }
  const remote = (...parameters: any[]) => {
    const body = parameters.at(-1);
    return (...args: unknown[]) => new Native(() => body(...args));
  };
  return { ...real, remote: Object.assign(remote, { private: real["remote"].private }) };
});

let cluster: Cluster;
let home: Member;

beforeAll(async () => {
  cluster = new Cluster("home");
  home = await cluster.start("home");
});

afterAll(() => cluster.stop());

describe("natively", () => {
  it.each(programs)("$name", async (program) => {
    const ran = await cluster.wait(run(home.node, program, { alice: home.ref, bob: home.ref }));
    expect(ran).toEqual(expectedOf(program, false));
    expect(home.events.filter(({ type }) => type.startsWith("transfer."))).toEqual([]);
  });
});
