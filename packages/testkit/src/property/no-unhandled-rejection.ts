import { describeCause } from "espalier";
import type { Observed } from "../scenario/observation.ts";
import type { Property } from "../scenario/property.ts";
import { describePid } from "./looking.ts";

/**
 * No error gets lost. For `always`.
 *
 * An exception that a node does not catch, and a promise that is rejected with nobody to hear of it, end every run by themselves, whatever
 * its properties: the world sees to that. What is left for this property is the third way in which an error goes nowhere: a `finally` block
 * of a process that is being cancelled throws (`cleanup-failed`), which changes nothing and is only reported.
 *
 * It cannot see an error that a program catches and passes over.
 */
export const noUnhandledRejection: Property = {
  name: "noUnhandledRejection",
  begin(cluster) {
    let wrong: string | null = null;
    return {
      event({ event, node }: Observed): void {
        if (event.type !== "cleanup-failed") return;
        const who = `${event.label}, ${describePid(cluster, event.pid)}`;
        wrong ??= `${who}: a finally block threw on ${node}: ${describeCause(event.cause)}; expected cleanup not to fail`;
      },
      check: () => wrong,
    };
  },
};
