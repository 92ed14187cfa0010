import type { Property } from "@espalier/testkit";

/** Where no silence is as long as a lease: no verdict falls, and no process is lost. */
export const nobodyIsGivenUp: Property<any> = {
  name: "nobody is given up without a silence beyond the bound (P11)",
  begin: () => {
    let wrong: string | null = null;
    return {
      event: ({ node, event }) => {
        if (event.type === "transfer.lost" || event.type === "node.verdict") wrong ??= `${node} gave up ${event.node}`;
      },
      check: () => wrong,
    };
  },
};
