import type { MutantList } from "@espalier/testkit/command";
import { addressMutants } from "./list/addresses.ts";
import { deliveryMutants } from "./list/delivery.ts";
import { directoryMutants } from "./list/directory.ts";
import { entityMutants } from "./list/entities.ts";
import { heartbeatMutants } from "./list/heartbeats.ts";
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

/** Mistakes in the code that ships, each of which a scenario must notice: `chaos mutants` runs them from scratch, the commit gate at their seeds. */
export const list: MutantList = {
  root: new URL("../../", import.meta.url).href,
  mutants: [
    ...heartbeatMutants,
    ...transferMutants,
    ...migrationMutants,
    ...movingCodeMutants,
    ...linkMutants,
    ...nodeMutants,
    ...addressMutants,
    ...signalMutants,
    ...supervisorMutants,
    ...supervisionMutants,
    ...serverMutants,
    ...taskMutants,
    ...statechartMutants,
    ...directoryMutants,
    ...deliveryMutants,
    ...entityMutants,
    ...stoppingMutants,
  ],
};
