import { conform } from "./conform.ts";
import { remoteChildren } from "./rules/remote-children.ts";

conform(remoteChildren);
