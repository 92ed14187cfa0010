import { conform } from "./conform.ts";
import { links } from "./rules/links.ts";

conform(links);
