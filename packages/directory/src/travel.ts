import { travelsByFields, type FieldTravels } from "@espalier/heartbeat";
import { checkName } from "./global-messages.ts";
import { GlobalName } from "./global-name.ts";

/** How names of the cluster cross machines. One in a registry does not: a registry is of one node. */
export const directoryTravels: readonly FieldTravels[] = [
  travelsByFields("global-name", GlobalName, ["name"], (name) => new GlobalName(checkName(name))),
];
