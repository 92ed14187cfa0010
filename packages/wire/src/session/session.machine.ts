import type { EventName, StateName, Table } from "@espalier/heartbeat";
import { compileTable } from "@espalier/heartbeat";

/**
 * The finite control of one session, for both roles and all patterns of the handshake, which differ in what the frames carry and not in their
 * number or order. An event that a state does not list is a peer that breaks the protocol: the
 * session treats it as `broken`.
 *
 * What came is classified before it becomes an event: `proof` is a proof that was verified and whose owner may enter, `crossed` one
 * whose owner may enter and is being dialled, `stranger` one whose owner may not; `hello` is one whose versions fit.
 */
export const sessionMachine = {
  id: "session",
  initial: "new",
  states: {
    new: { on: { dial: "opening", accept: "listening" } },
    opening: {
      description: "Dialled: the pipe is not open yet.",
      on: { opened: "initiated", broken: "closed", gone: "closed", late: "closed", end: "closed" },
    },
    initiated: {
      description: "Dialled: the first handshake message is out.",
      on: { response: "proven", refusal: "closed", broken: "closed", gone: "closed", late: "closed", end: "closed" },
    },
    proven: {
      description: "Dialled: the peer is who it should be, and knows who we are. It says whether we may enter.",
      on: {
        hello: "up",
        refusal: "closed",
        misfit: "refusing",
        broken: "closed",
        gone: "closed",
        late: "closed",
        end: "closed",
      },
    },
    listening: {
      description: "Accepted: nothing came yet.",
      on: {
        initiation: "responded",
        misfit: "refusing",
        broken: "closed",
        gone: "closed",
        late: "closed",
        end: "closed",
      },
    },
    responded: {
      description: "Accepted: the peer does not know yet whether it may enter, nor do we know who it is.",
      on: {
        proof: "admitted",
        crossed: "held",
        stranger: "refusing",
        broken: "closed",
        gone: "closed",
        late: "closed",
        end: "closed",
      },
    },
    held: {
      description: "Accepted: the peer is known and may enter, unless this node's own attempt to reach it succeeds.",
      on: { yielded: "admitted", broken: "closed", gone: "closed", late: "closed", end: "closed" },
    },
    admitted: {
      description: "Accepted: the peer is known, may enter, and was told so.",
      on: {
        hello: "up",
        refusal: "closed",
        misfit: "refusing",
        broken: "closed",
        gone: "closed",
        late: "closed",
        end: "closed",
      },
    },
    refusing: {
      description: "The reason is on its way; the other side closes when it has read it.",
      on: { broken: "closed", gone: "closed", late: "closed", end: "closed" },
    },
    up: {
      description: "Both sides know each other. Messages go back and forth, and so they do while keys are renewed.",
      on: {
        data: "up",
        due: "renewing",
        renewal: "answering",
        goodbye: "closed",
        broken: "closed",
        gone: "closed",
        late: "closed",
        end: "closed",
      },
    },
    renewing: {
      description: "Dialled: the first message of a renewal is out.",
      on: {
        data: "renewing",
        renewal: "switching",
        goodbye: "closed",
        broken: "closed",
        gone: "closed",
        late: "closed",
        end: "closed",
      },
    },
    switching: {
      description: "Dialled: what goes out is sealed with the new keys, what comes in is not yet.",
      on: {
        data: "switching",
        renewed: "up",
        goodbye: "closed",
        broken: "closed",
        gone: "closed",
        late: "closed",
        end: "closed",
      },
    },
    answering: {
      description: "Accepted: the second message of a renewal is out.",
      on: {
        data: "answering",
        renewal: "up",
        goodbye: "closed",
        broken: "closed",
        gone: "closed",
        late: "closed",
        end: "closed",
      },
    },
    closed: { type: "final" },
  },
} as const;

/** What a session executes: the machine as a table. */
export const sessionTable: Table<StateName<typeof sessionMachine>, EventName<typeof sessionMachine>> = compileTable(
  sessionMachine,
);
