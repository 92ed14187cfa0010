import type { MutantList } from "@espalier/testkit/command";
import { accessMutants } from "./list/access.ts";
import { addressMutants } from "./list/addresses.ts";
import { containerMutants } from "./list/containers.ts";
import { deliveryMutants } from "./list/delivery.ts";
import { directoryMutants } from "./list/directory.ts";
import { entityMutants } from "./list/entities.ts";
import { flowMutants } from "./list/flow.ts";
import { handshakeMutants } from "./list/handshakes.ts";
import { heartbeatMutants } from "./list/heartbeats.ts";
import { limitMutants } from "./list/limits.ts";
import { linkMutants } from "./list/links.ts";
import { migrationMutants } from "./list/migrations.ts";
import { movingCodeMutants } from "./list/moving-code.ts";
import { nodeMutants } from "./list/nodes.ts";
import { serverMutants } from "./list/servers.ts";
import { signalMutants } from "./list/signals.ts";
import { statechartMutants } from "./list/statecharts.ts";
import { stoppingMutants } from "./list/stopping.ts";
import { supervisionMutants } from "./list/supervision.ts";
import { supervisorMutants } from "./list/supervisors.ts";
import { taskMutants } from "./list/tasks.ts";
import { transferMutants } from "./list/transfers.ts";

/** Mistakes in the protocol of lifetimes and moves: what campaigns of many faults must notice. */
const ofProtocol: MutantList["mutants"] = [...heartbeatMutants, ...transferMutants, ...migrationMutants];

/** What other scenarios must notice, subject by subject. */
const ofScenarios: readonly MutantList["mutants"][] = [
  movingCodeMutants,
  linkMutants,
  supervisorMutants,
  accessMutants,
  containerMutants,
  limitMutants,
  flowMutants,
  handshakeMutants,
];

/** What the conformance suite must notice, group by group. */
const ofRules: readonly MutantList["mutants"][] = [
  signalMutants,
  addressMutants,
  serverMutants,
  statechartMutants,
  supervisionMutants,
  taskMutants,
  nodeMutants,
  directoryMutants,
  deliveryMutants,
  entityMutants,
  stoppingMutants,
];

/** Mistakes in the code that ships, each of which a scenario must notice: `chaos mutants` runs them, the commit gate some of them. */
export const list: MutantList = {
  root: new URL("../../", import.meta.url).href,
  mutants: [...ofProtocol, ...ofScenarios.flat(), ...ofRules.flat()],
};

/** Those that the commit gate has time for: all of the protocol, and of each other subject the first. */
export const gated: MutantList["mutants"] = [
  ...ofProtocol,
  ...[...ofScenarios, ...ofRules].flatMap((group) => group.slice(0, 1)),
];
