import { expect, it } from "vitest";
import { linesOf } from "./lines.ts";
import { main } from "./15-dev-tools.ts";

it("prints a link to its dev tools for each plane, which answer", async () => {
  const closing = Promise.withResolvers<void>();
  let asking: Promise<unknown> = Promise.resolve();
  const devtools = { planes: ["manage"], discoverable: false } as const;
  const lines = await linesOf((print) =>
    main(
      (line) => {
        print(line.replace(/#t=.*/, "#t=…").replace(/:\d+\//, ":…/"));
        if (line.startsWith("manage")) asking = processesOf(line.slice("manage: ".length)).finally(closing.resolve);
      },
      { customers: 2, devtools, closing: closing.promise },
    ),
  );
  expect(lines).toEqual(["inspect: http://127.0.0.1:…/#t=…", "manage: http://127.0.0.1:…/#t=…"]);
  // Three supervisors, prices, orders, packing, the bank, the cashier and two customers.
  expect(await asking).toBe(10);
});

async function processesOf(link: string): Promise<number> {
  const [address, token] = link.split("#t=");
  const response = await fetch(`${address}v1/ask`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ method: "overview", parameters: {} }),
  });
  const { result } = (await response.json()) as { readonly result: { readonly processes: number } };
  return result.processes;
}
