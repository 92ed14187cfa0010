import { nodeCrypto } from "@espalier/runtime/node";
import { it } from "vitest";
import { checkVector, vectors } from "../noise-vectors.ts";

it.each(vectors.map((vector) => [vector.protocol_name, vector] as const))(
  "Node's primitives match the vector %s",
  (_, vector) => checkVector(vector, nodeCrypto),
);
