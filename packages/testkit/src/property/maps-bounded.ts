import type { NodeView } from "@espalier/runtime";
import { property, type Property } from "../scenario/property.ts";

export interface MapsBoundedOptions {
  /** How many records of each kind may be there beyond what lives. Default: 0. */
  readonly slack?: number;
}

/**
 * What nodes keep is bounded by what lives (P19). For `eventually`, or {@link whenQuiet}: records leave by acknowledgement.
 *
 * At rest, by kind: nothing is leaving, forwarded, handed over, unlinking or unheard; no more guests, homes of movers, homes that were taken and
 * remembered answers than processes that they can be about; no more names, watchers from elsewhere, and heartbeats than are in use. Causes of ended heartbeats that
 * everybody knows are kept on purpose, up to a limit, and not counted; nodes with composites are not asked for the number of their
 * heartbeats.
 */
export function mapsBounded({ slack = 0 }: MapsBoundedOptions = {}): Property {
  return property("mapsBounded (P19)", ({ nodes }) => {
    for (const { name, view } of nodes) {
      if (view === null) continue;
      for (const [kind, count, expected] of boundsOf(view)) {
        if (count > expected + slack) return `${name} keeps ${count} ${kind}; expected at most ${expected + slack}`;
      }
    }
    return null;
  });
}

function boundsOf(view: NodeView): readonly (readonly [kind: string, count: number, expected: number])[] {
  const { moving, homes, records, processes, heartbeats, channels } = view;
  const guests = processes.filter(({ place }) => place === "guest").length;
  const away = processes.filter(({ place }) => place === "away").length;
  const used = heartbeats.filter(
    ({ status, registrations }) => isOpen(status.state) || registrations.length > 0,
  ).length;
  const isPlain = heartbeats.every(({ heartbeat }) => "serial" in heartbeat);
  return [
    ["records of processes that moved", moving.homes, processes.length - guests],
    ["records of guests", moving.guests, guests],
    ["processes on their way out", moving.leavers, 0],
    ["forwarding entries", moving.forwarding, 0],
    ["answers to grants", moving.answers, guests],
    ["handovers of homes under way", homes.underway, 0],
    ["homes that were taken", homes.residents, processes.length - guests],
    ["open scopes of processes that are away", records.openScopes, away],
    ["things that wait for definitions", records.awaitingCode, 0],
    ["peers of whose definitions something is remembered", records.codeOfPeers, view.peers.length],
    ["processes that others want to move", records.migrations, 0],
    [
      "processes with a checkpoint",
      records.checkpoints,
      processes.filter(({ checkpoint }) => checkpoint !== null).length,
    ],
    ["unlinks that were not acknowledged", records.unlinks, 0],
    ["news of heartbeats that nobody has heard", records.unheard, 0],
    ["names", records.names, processes.filter(({ name }) => name !== null).length],
    [
      "watchers from elsewhere",
      records.remoteWatchers,
      processes.reduce((sum, { monitoredBy }) => sum + monitoredBy, 0),
    ],
    ["heartbeats", records.heartbeats, isPlain ? used : Infinity],
    ["sends that wait for room", channels.senders.reduce((sum, sender) => sum + sender.waitingSends, 0), waiting(view)],
  ];
}

function isOpen(state: string): boolean {
  return state === "live" || state === "unknown";
}

function waiting({ channels }: NodeView): number {
  return channels.channels.reduce((sum, { waitingSends }) => sum + waitingSends, 0);
}
