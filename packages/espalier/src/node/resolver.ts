import { useResolver } from "@espalier/code";
import { inspectorResolver } from "@espalier/code/node";

// Definitions are made while modules load: what a tool renamed, and where a definition stands in its file, is asked of the engine from the
// first one on.
useResolver(inspectorResolver());
