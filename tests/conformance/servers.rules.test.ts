import { Node, Process, Server, type Report } from "espalier";
import { expect, it } from "vitest";
import { conform } from "./conform.ts";
import { servers } from "./rules/servers.ts";

conform(servers);

it("R-735 a server that ends with normal or shutdown logs nothing, any other once", async () => {
  const Ending = Server.define({
    label: "ending",
    init: () => null,
    call: {
      end: (_, type: "normal" | "shutdown") => Server.stop({ type }),
      detail: () => Server.stop({ type: "shutdown", detail: 1 }),
      exit: () => Server.stop({ type: "exit", reason: "r" }),
      crash: () => {
        throw new RangeError("broken");
      },
    },
  });
  const reports: Report[] = [];
  await using node = await Node.start({ logger: { report: (report) => void reports.push(report) } });
  const ends = (call: (ending: Server.RefOf<typeof Ending>) => Iterable<any>) =>
    node.run(function* () {
      const ending = yield* Server.start(Ending, undefined);
      try {
        yield* call(ending) as Generator<any, unknown, any>;
      } catch {
        yield* Process.sleep(0);
      }
    });
  await ends(({ call }) => call.end("normal"));
  await ends(({ call }) => call.end("shutdown"));
  await ends(({ call }) => call.detail());
  expect(reports).toEqual([]);
  await ends(({ call }) => call.exit());
  await ends(({ call }) => call.crash());
  expect(reports.map(({ type }) => type)).toEqual(["crash", "crash"]);
});
