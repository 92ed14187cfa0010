/** How leases are timed in these scenarios: what takes a lease takes about a second of virtual time. */
export const timing = { lease: { beat: "200ms", lease: "1s", delay: "100ms" } } as const;

/** How long a lease lasts, and after which silence its home gives a host up, with 1 % of drift. */
export const leaseMs = 1_000;
export const verdictMs = 1_110;
